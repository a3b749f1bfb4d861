/**
 * Asks again through a client that this project did not write (`modbus-serial`): whoever stands before a unit that does
 * not answer as expected learns whether the fault lies in the unit or in our own framing.
 */
import modbus from 'modbus-serial';
import type { Place } from '#cli/io/field-line.ts';
import type { ReadRequest } from '#edge/modbus/frame.ts';

/** `differs`: the words are others, which a value that moves may be as well. */
export type Opinion =
  | { readonly kind: 'same' | 'differs'; readonly words: readonly number[] }
  | { readonly kind: 'none'; readonly detail: string };

type Client = InstanceType<typeof modbus.default>;
type Answer = { readonly data: readonly (number | boolean)[] };

function connect(client: Client, place: Place): Promise<void> {
  switch (place.kind) {
    case 'serial':
      return client.connectRTUBuffered(place.path, { baudRate: place.baudRate, parity: place.parity });
    case 'rtu-tcp':
      return client.connectTcpRTUBuffered(place.host, { port: place.port });
    case 'tcp':
      return client.connectTCP(place.host, { port: place.port });
    default:
      return place satisfies never;
  }
}

function send(client: Client, { functionCode, address, count }: ReadRequest): Promise<Answer> {
  switch (functionCode) {
    case 1:
      return client.readCoils(address, count);
    case 2:
      return client.readDiscreteInputs(address, count);
    case 3:
      return client.readHoldingRegisters(address, count);
    case 4:
      return client.readInputRegisters(address, count);
    default:
      return functionCode satisfies never;
  }
}

export type Asked = { readonly request: ReadRequest; readonly words: readonly number[] };

/** One opinion for each request that our own reading had an answer to; the line must be closed before. */
export async function secondOpinion(
  place: Place,
  asked: readonly Asked[],
  timeoutMs: number,
): Promise<readonly Opinion[]> {
  const client = new modbus.default();
  // The library tells a lost connection by an event as well as by the call that fails.
  client.on('error', () => {});
  const none = (cause: unknown): Opinion => ({
    kind: 'none',
    detail: cause instanceof Error ? cause.message : String(cause),
  });
  try {
    await connect(client, place);
    client.setTimeout(timeoutMs);
    const opinions: Opinion[] = [];
    for (const { request, words } of asked) {
      client.setID(request.unitId);
      try {
        const answer = await send(client, request);
        const heard = answer.data.slice(0, request.count).map(Number);
        const isSame = heard.length === words.length && heard.every((word, index) => word === words[index]);
        opinions.push({ kind: isSame ? 'same' : 'differs', words: heard });
      } catch (cause) {
        opinions.push(none(cause));
      }
    }
    return opinions;
  } catch (cause) {
    return asked.map(() => none(cause));
  } finally {
    await new Promise<void>((resolve) => {
      if (client.isOpen) client.close(() => resolve());
      else resolve();
    });
  }
}
