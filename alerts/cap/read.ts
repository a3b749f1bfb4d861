/** Reads a CAP message out of an XML tree: schema first, then the prose rules, every finding with its line. */
import { err, ok, type Result } from '#model/result.ts';
import {
  CAP_NAMESPACE,
  type CapArea,
  type CapCircle,
  type CapFinding,
  type CapInfo,
  type CapMessage,
  type CapPair,
  type CapPolygon,
  type CapReference,
} from './message.ts';
import { capFaults } from './rules.ts';
import { ALERT, type Particle } from './schema.ts';
import { parseCapTime } from './times.ts';
import { childrenOf, textAt, type XmlNode } from './xml.ts';

const SIGNATURES = 'http://www.w3.org/2000/09/xmldsig#';
const NUMBERS = { integer: /^[+-]?\d+$/, decimal: /^[+-]?(\d+\.?\d*|\.\d+)$/ } as const;

const finding = (path: string, line: number, message: string): CapFinding => ({
  path,
  line,
  message,
  severity: 'error',
});

function ofText(node: XmlNode, particle: Particle, path: string): readonly CapFinding[] {
  const { words, time, number } = particle;
  const found: CapFinding[] = [];
  const say = (message: string) => found.push(finding(path, node.line, message));
  if (node.children.length > 0) say('may hold text only');
  if (words !== undefined && !words.includes(node.text)) say(`"${node.text}" is none of ${words.join(', ')}`);
  if (time === true && parseCapTime(node.text) === undefined)
    say(`"${node.text}" is no time of CAP: 2022-06-03T14:25:00+08:00, never Z, no fraction`);
  if (number !== undefined && !NUMBERS[number].test(node.text)) say(`"${node.text}" is no ${number} number`);
  return found;
}

/** Elements in the order, number and form of the schema. */
function ofParticles(parent: XmlNode, particles: readonly Particle[], base: string): readonly CapFinding[] {
  const found: CapFinding[] = [];
  const seen = new Map<string, number>();
  let reached = 0;
  for (const child of parent.children) {
    if (child.namespace === SIGNATURES) continue;
    const at = child.namespace === CAP_NAMESPACE ? particles.findIndex(({ name }) => name === child.name) : -1;
    const particle = particles[at];
    const nth = seen.get(child.name) ?? 0;
    const path = `${base}${child.name}${particle?.count === '*' || particle?.count === '+' ? `[${nth}]` : ''}`;
    seen.set(child.name, nth + 1);
    if (particle === undefined) {
      found.push(finding(path, child.line, `${child.name} does not belong here`));
      continue;
    }
    if (at < reached) found.push(finding(path, child.line, `${child.name} comes too late: the schema has an order`));
    reached = Math.max(reached, at);
    if (nth > 0 && (particle.count === '1' || particle.count === '?'))
      found.push(finding(path, child.line, 'stands here twice'));
    found.push(
      ...(particle.holds === undefined
        ? ofText(child, particle, path)
        : ofParticles(child, particle.holds, `${path}.`)),
    );
  }
  for (const { name, count } of particles)
    if ((count === '1' || count === '+') && !seen.has(name))
      found.push(finding(`${base}${name}`, parent.line, 'is missing'));
  return found;
}

const texts = (node: XmlNode, name: string): readonly string[] => childrenOf(node, name).map(({ text }) => text);
const pairs = (node: XmlNode, name: string): readonly CapPair[] =>
  childrenOf(node, name).map((pair) => ({
    valueName: textAt(pair, 'valueName') ?? '',
    value: textAt(pair, 'value') ?? '',
  }));

const pairOf = (raw: string): readonly [number, number] => {
  const [lat = '', lon = '', ...more] = raw.split(',');
  const good = more.length === 0 && NUMBERS.decimal.test(lat) && NUMBERS.decimal.test(lon);
  return good ? [Number(lat), Number(lon)] : [Number.NaN, Number.NaN];
};
const polygonOf = (raw: string): CapPolygon =>
  raw
    .split(/\s+/)
    .filter((pair) => pair !== '')
    .map(pairOf);
function circleOf(raw: string): CapCircle {
  const [centre = '', radius = ''] = raw.split(/\s+/);
  const [lat, lon] = pairOf(centre);
  return { lat, lon, radiusKm: NUMBERS.decimal.test(radius) ? Number(radius) : Number.NaN };
}

const areaOf = (node: XmlNode): CapArea => ({
  areaDesc: textAt(node, 'areaDesc') ?? '',
  polygons: texts(node, 'polygon').map(polygonOf),
  circles: texts(node, 'circle').map(circleOf),
  geocodes: pairs(node, 'geocode'),
});

// The words were checked against the schema's lists before.
const infoOf = (node: XmlNode): CapInfo => ({
  language: textAt(node, 'language') || 'en-US',
  categories: texts(node, 'category') as CapInfo['categories'],
  event: textAt(node, 'event') ?? '',
  responseTypes: texts(node, 'responseType') as CapInfo['responseTypes'],
  urgency: textAt(node, 'urgency') as CapInfo['urgency'],
  severity: textAt(node, 'severity') as CapInfo['severity'],
  certainty: textAt(node, 'certainty') as CapInfo['certainty'],
  eventCodes: pairs(node, 'eventCode'),
  effective: textAt(node, 'effective'),
  onset: textAt(node, 'onset'),
  expires: textAt(node, 'expires'),
  senderName: textAt(node, 'senderName'),
  headline: textAt(node, 'headline'),
  description: textAt(node, 'description'),
  instruction: textAt(node, 'instruction'),
  contact: textAt(node, 'contact'),
  parameters: pairs(node, 'parameter'),
  areas: childrenOf(node, 'area').map(areaOf),
});

const referencesOf = (raw: string | null): readonly CapReference[] =>
  (raw ?? '')
    .split(/\s+/)
    .filter((one) => one !== '')
    .map((one) => {
      const [sender = '', identifier = '', sent = '', ...more] = one.split(',');
      return more.length === 0 ? { sender, identifier, sent } : { sender: '', identifier: '', sent: '' };
    });

const messageOf = (root: XmlNode): CapMessage => ({
  identifier: textAt(root, 'identifier') ?? '',
  sender: textAt(root, 'sender') ?? '',
  sent: textAt(root, 'sent') ?? '',
  status: textAt(root, 'status') as CapMessage['status'],
  msgType: textAt(root, 'msgType') as CapMessage['msgType'],
  source: textAt(root, 'source'),
  scope: textAt(root, 'scope') as CapMessage['scope'],
  restriction: textAt(root, 'restriction'),
  addresses: textAt(root, 'addresses'),
  codes: texts(root, 'code'),
  note: textAt(root, 'note'),
  references: referencesOf(textAt(root, 'references')),
  incidents: textAt(root, 'incidents'),
  infos: childrenOf(root, 'info').map(infoOf),
});

/** The line of a finding's path, or of the nearest element above it that is there. */
function lineOf(root: XmlNode, path: string): number {
  let at = root;
  for (const step of path.split('.')) {
    const [, name = '', nth] = /^(\w+)(?:\[(\d+)\])?$/.exec(step) ?? [];
    const next = childrenOf(at, name)[Number(nth ?? 0)] ?? childrenOf(at, name)[0];
    if (next === undefined) break;
    at = next;
  }
  return at.line;
}

export type ReadCap = { readonly message: CapMessage; readonly warnings: readonly CapFinding[] };

/** The message with what is doubtful about it, or everything for which it is refused. */
export function readCap(root: XmlNode): Result<ReadCap, readonly CapFinding[]> {
  if (root.name !== 'alert' || root.namespace !== CAP_NAMESPACE)
    return err([finding('', root.line, `this is no CAP 1.2: its root is ${root.name} of "${root.namespace}"`)]);
  const broken = ofParticles(root, ALERT, '');
  if (broken.length > 0) return err(broken);
  const message = messageOf(root);
  const faults = capFaults(message).map((one): CapFinding => ({ ...one, line: lineOf(root, one.path) }));
  return faults.some(({ severity }) => severity === 'error') ? err(faults) : ok({ message, warnings: faults });
}
