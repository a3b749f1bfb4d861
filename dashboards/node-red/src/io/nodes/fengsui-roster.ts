/** Asks who is on duty at a grid's desk at an instant; an empty desk is the second output, never a message without people. */
import { isFields, type ServerLink } from '../../link.ts';
import { type Message, type Red, textOf } from '../../red.ts';
import { type Desk, deskOf } from '../../roster-answer.ts';
import { registerNode, serverOf, short } from '../begin.ts';

const WITH_OFFSET = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/;
const CODE = /^[0-9A-Za-z_-]{1,64}$/;

/** As the API takes it; undefined when it is no instant, empty for now. */
function instantOf(raw: unknown): string | undefined {
  if (raw === undefined || raw === null || raw === '') return '';
  if (typeof raw === 'number' && Number.isSafeInteger(raw) && raw > 1e11) return String(raw);
  if (raw instanceof Date && Number.isFinite(raw.getTime())) return raw.toISOString();
  return typeof raw === 'string' && WITH_OFFSET.test(raw) ? raw : undefined;
}

/**
 * A grid's own desk comes before those below it, and who reads telephone numbers is entered in the ledger: one desk is
 * asked for first, and all of them only where codes are not built that way.
 */
async function readDesk(server: ServerLink, grid: string, when: string): Promise<Desk | undefined> {
  for (const limit of [1, 1_000]) {
    const answer = await server.call({ path: `/api/v1/roster?limit=${limit}&grid=${encodeURIComponent(grid)}${when}` });
    if (!answer.ok) throw new Error(answer.error.message);
    const desk = deskOf(answer.value.body, grid);
    const isAll = isFields(answer.value.body) && answer.value.body['next'] === null;
    if (desk !== undefined || isAll) return desk;
  }
  return undefined;
}

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-roster', (parts) => {
    const { node, config, say } = parts;
    const server = serverOf(RED, parts);
    if (server === undefined) return;
    const read = (grid: string, when: string) => readDesk(server, grid, when);
    async function look(message: Message): Promise<readonly [Message | null, Message | null]> {
      const grid = message['grid'] ?? textOf(config, 'grid');
      if (typeof grid !== 'string' || !CODE.test(grid)) throw new Error('grid: the code of a grid');
      const at = instantOf(message['at']);
      if (at === undefined) throw new Error('at: ISO 8601 with an offset, or epoch milliseconds');
      const when = at === '' ? '' : `&at=${encodeURIComponent(at)}`;
      const desk = await read(grid, when);
      const people = desk?.people ?? [];
      const said = { ...message, payload: people, roster: desk?.desk ?? null };
      node.status(
        people.length > 0
          ? { fill: 'green', shape: 'dot', text: short(people.map(({ name }) => name).join('、')) }
          : { fill: 'yellow', shape: 'dot', text: say(desk === undefined ? 'noDesk' : 'nobody') },
      );
      return people.length > 0 ? [said, null] : [null, said];
    }

    node.on('input', (message, send, done) => {
      node.status({ fill: 'blue', shape: 'dot', text: say('asking') });
      look(message).then(
        (messages) => {
          send(messages);
          done();
        },
        (cause: unknown) => {
          const why = cause instanceof Error ? cause.message : String(cause);
          node.status({ fill: 'red', shape: 'dot', text: say('failed', { why: short(why) }) });
          done(new Error(why));
        },
      );
    });
    node.on('close', (_removed, done) => done());
  });
}
