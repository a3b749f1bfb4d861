/** Brings readings of Fengsui into a flow: from the console's stream, or from the points' states over MQTT. */
import type { ServerLink } from '../../link.ts';
import {
  createNewestOnly,
  isWantedReading,
  messageOfReading,
  type ReadingFilter,
  type ReadingIn,
  readStateEvent,
  readStateTopic,
  type SensorTable,
} from '../../reading-message.ts';
import { type Config, flagOf, namesOf, type Red, textOf } from '../../red.ts';
import { registerNode, serverOf, showLink } from '../begin.ts';
import { loadSensors } from '../sensor-table.ts';

const ALL_STATES = 'fengsui/v1/grid/+/+/+/+/state';
/** Unknown sensors make us ask again: no more often than the first, ever less often while the answers bring nothing. */
const ASK_AGAIN_MS = { first: 10_000, longest: 640_000 };

function filterOf(config: Config): ReadingFilter {
  return {
    grids: namesOf(config, 'grids'),
    points: namesOf(config, 'points'),
    sensors: namesOf(config, 'sensors'),
    quantities: namesOf(config, 'quantities'),
    origins: ['live', ...['simulated', 'replay', 'drill'].filter((origin) => flagOf(config, origin))],
  };
}

type Take = (readings: readonly ReadingIn[]) => void;
type Show = Parameters<ServerLink['watchStates']>[1]['onState'];

/** Messages of sensors that are not known yet wait for the console's word, the newest of each point. */
function overMqtt(link: ServerLink, take: Take, onState: Show): () => void {
  let table: SensorTable = new Map();
  const waiting = new Map<string, string>();
  let timer: NodeJS.Timeout | undefined;
  let againMs = ASK_AGAIN_MS.first;
  let isAsking = false;
  let isOver = false;

  const onMessage = (topic: string, payload: string): void => {
    const { readings, unknown } = readStateTopic(topic, payload, table);
    take(readings);
    if (unknown.length === 0) return;
    waiting.set(topic, payload);
    if (!isAsking && timer === undefined) void ask();
  };
  async function ask(): Promise<void> {
    isAsking = true;
    const loaded = await loadSensors(link.call);
    isAsking = false;
    if (isOver) return;
    if (loaded !== undefined) table = loaded;
    let isLacking = loaded === undefined;
    for (const [topic, payload] of waiting) {
      const { readings, unknown } = readStateTopic(topic, payload, table);
      take(readings);
      if (unknown.length > 0) isLacking = true;
    }
    if (loaded !== undefined) waiting.clear();
    againMs = isLacking && loaded !== undefined ? Math.min(ASK_AGAIN_MS.longest, againMs * 2) : ASK_AGAIN_MS.first;
    timer = setTimeout(() => {
      timer = undefined;
      if (waiting.size > 0) void ask();
    }, againMs);
  }

  const end = link.watchStates([ALL_STATES], { onMessage, onState });
  return () => {
    isOver = true;
    clearTimeout(timer);
    end();
  };
}

const overStream = (link: ServerLink, take: Take, onState: Show): (() => void) =>
  link.listen({
    onEvent: ({ event, data }) => {
      if (event === 'state') take(readStateEvent(data));
    },
    onState,
    lastEventId: () => null,
  });

export function register(RED: Red): void {
  registerNode(RED, 'fengsui-readings-in', (parts) => {
    const { node, config, say } = parts;
    const link = serverOf(RED, parts);
    if (link === undefined) return;
    const filter = filterOf(config);
    const isNews = createNewestOnly();
    const take: Take = (readings) => {
      for (const reading of readings) {
        if (!isWantedReading(filter, reading) || !isNews(reading)) continue;
        const message = messageOfReading(reading);
        node.send(reading.value === undefined ? [null, message] : [message, null]);
      }
    };
    const begin = textOf(config, 'via') === 'mqtt' ? overMqtt : overStream;
    const end = begin(link, take, (state) => showLink(node, say, state));
    node.on('close', (_removed, done) => {
      end();
      done();
    });
  });
}
