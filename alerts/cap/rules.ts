/** What CAP 1.2 says in prose and its schema cannot (sections 3.2 and 3.3), asked of a message whoever wrote it. */
import type { CapArea, CapInfo, CapMessage, CapPolygon } from './message.ts';
import { parseCapTime } from './times.ts';

export type Fault = { readonly path: string; readonly message: string; readonly severity: 'error' | 'warning' };

const fault = (path: string, message: string, severity: Fault['severity'] = 'error'): Fault => ({
  path,
  message,
  severity,
});

/** 3.2.1: neither in an identifier nor in a sender. */
const RESTRICTED = /[\s,<&]/;
const LANGUAGE = /^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$/;

function* ofHeader(message: CapMessage): Generator<Fault> {
  for (const name of ['identifier', 'sender'] as const) {
    if (message[name] === '') yield fault(name, 'is empty');
    if (RESTRICTED.test(message[name])) yield fault(name, 'may hold no space, comma, < or &');
  }
  if (parseCapTime(message.sent) === undefined) yield fault('sent', `is no instant: ${message.sent}`);
  if (message.scope === 'Restricted' && message.restriction === null)
    yield fault('restriction', 'must be there when the scope is Restricted');
  if (message.scope !== 'Restricted' && message.restriction !== null)
    yield fault('restriction', 'is used only when the scope is Restricted');
  if (message.scope === 'Private' && message.addresses === null)
    yield fault('addresses', 'must be there when the scope is Private');
  if (message.status === 'Exercise' && message.note === null)
    yield fault('note', 'should name the exercise', 'warning');
  if (message.msgType === 'Error' && message.note === null)
    yield fault('note', 'should say why it is rejected', 'warning');
}

function* ofReferences({ msgType, references, ...own }: CapMessage): Generator<Fault> {
  if (msgType !== 'Alert' && references.length === 0)
    yield fault('references', `must name the earlier messages: this is of type ${msgType}`);
  for (const [at, { sender, identifier, sent }] of references.entries()) {
    const path = `references[${at}]`;
    if (sender === '' || identifier === '' || RESTRICTED.test(sender) || RESTRICTED.test(identifier))
      yield fault(path, 'must be sender,identifier,sent');
    const sentMs = parseCapTime(sent);
    if (sentMs === undefined) yield fault(path, `its time is no instant: ${sent}`);
    else if (sentMs > (parseCapTime(own.sent) ?? Number.POSITIVE_INFINITY))
      yield fault(path, 'names a message that is later than this one');
    if (sender === own.sender && identifier === own.identifier) yield fault(path, 'names this very message');
  }
}

function* ofPolygon(polygon: CapPolygon, path: string): Generator<Fault> {
  if (polygon.length < 4) yield fault(path, 'needs at least four pairs');
  const [first, last] = [polygon[0], polygon.at(-1)];
  if (first !== undefined && last !== undefined && (first[0] !== last[0] || first[1] !== last[1]))
    yield fault(path, 'is not closed: its first and last pair differ');
  const bad = polygon.find(([lat, lon]) => !(Math.abs(lat) <= 90 && Math.abs(lon) <= 180));
  if (bad !== undefined) yield fault(path, `${bad.join(',')} is nowhere on earth; latitude comes first`);
}

function* ofArea(area: CapArea, path: string): Generator<Fault> {
  if (area.areaDesc === '') yield fault(`${path}.areaDesc`, 'is empty');
  for (const [at, polygon] of area.polygons.entries()) yield* ofPolygon(polygon, `${path}.polygon[${at}]`);
  for (const [at, { lat, lon, radiusKm }] of area.circles.entries()) {
    const there = Math.abs(lat) <= 90 && Math.abs(lon) <= 180 && radiusKm >= 0;
    if (!there) yield fault(`${path}.circle[${at}]`, 'must be lat,lon and a radius in kilometres');
  }
  if (area.polygons.length + area.circles.length + area.geocodes.length === 0)
    yield fault(path, 'says in words only where it is: no polygon, circle or geocode', 'warning');
}

function* ofInfo(info: CapInfo, path: string, sent: string): Generator<Fault> {
  if (!LANGUAGE.test(info.language)) yield fault(`${path}.language`, `is no language: ${info.language}`);
  if (info.event === '') yield fault(`${path}.event`, 'is empty');
  for (const name of ['effective', 'onset', 'expires'] as const) {
    const raw = info[name];
    if (raw !== null && parseCapTime(raw) === undefined) yield fault(`${path}.${name}`, `is no instant: ${raw}`);
  }
  const [from, until] = [parseCapTime(info.effective ?? sent), parseCapTime(info.expires ?? '')];
  if (info.expires === null) yield fault(`${path}.expires`, 'is missing: nobody knows when it ends', 'warning');
  else if (from !== undefined && until !== undefined && until < from)
    yield fault(`${path}.expires`, 'lies before it takes effect');
  for (const [at, area] of info.areas.entries()) yield* ofArea(area, `${path}.area[${at}]`);
}

/** 3.2.2: blocks of one language are a sequence about one event; every language must say the same events and areas. */
function* ofLanguages({ infos }: CapMessage): Generator<Fault> {
  const byLanguage = Map.groupBy(infos, ({ language }) => language.toLowerCase());
  const counts = new Set([...byLanguage.values()].map((own) => own.length));
  if (counts.size > 1) yield fault('info', 'one language has more blocks than another', 'warning');
  const [first] = infos;
  for (const [at, info] of infos.entries()) {
    const path = `info[${at}]`;
    if (first === undefined) continue;
    if (info.categories.join() !== first.categories.join())
      yield fault(`${path}.category`, 'differs from the first block: one message is about one event', 'warning');
    const codes = (one: CapInfo) => one.eventCodes.map(({ valueName, value }) => `${valueName}=${value}`).join();
    if (codes(info) !== codes(first)) yield fault(`${path}.eventCode`, 'differs from the first block', 'warning');
    const sibling = byLanguage.get(info.language.toLowerCase())?.[0];
    if (sibling !== undefined && sibling.event !== info.event)
      yield fault(`${path}.event`, 'differs from another block of the same language', 'warning');
  }
}

/** Everything that is wrong with a message, in the order of its elements. */
export function capFaults(message: CapMessage): readonly Fault[] {
  const { infos, msgType, sent } = message;
  const found = [...ofHeader(message), ...ofReferences(message)];
  if (infos.length === 0 && (msgType === 'Alert' || msgType === 'Update'))
    found.push(fault('info', 'is missing: an alert without it says nothing'));
  for (const [at, info] of infos.entries()) found.push(...ofInfo(info, `info[${at}]`, sent));
  found.push(...ofLanguages(message));
  return found;
}
