/** Who may publish and subscribe what: one function a direction, decided from the topic's text alone. */
import { ALL_NATIVE_IN, parseNativeTopic } from '#model/native.ts';
import { err, ok, type Result } from '#model/result.ts';
import {
  ALL_RECEIPTS,
  broadcastFilter,
  type EdgeChannel,
  edgeTopic,
  type GridChannel,
  parseReceiptTopic,
  parseTopic,
} from '#model/topics.ts';

/**
 * An edge is bound to its township; a service is one of the centre's own stages, known by its name; a device speaks in its
 * own words, at its own door only; a speaker hears the broadcasts of its area and answers them.
 */
export type Identity =
  | { readonly kind: 'edge'; readonly user: string; readonly township: string }
  | { readonly kind: 'service'; readonly user: string }
  | { readonly kind: 'device'; readonly user: string }
  /** `county/township/village`, `+` for all of a level. */
  | { readonly kind: 'speaker'; readonly user: string; readonly area: string };

/** Closed sets of names; used as metric labels too. */
export type Denial = 'malformed' | 'foreign' | 'direction' | 'system' | 'wildcard' | 'shared';

const EDGE_UPWARD: readonly EdgeChannel[] = ['up', 'status', 'reply'];
const EDGE_DOWNWARD: readonly EdgeChannel[] = ['ack', 'cmd'];
const MAX_TOPIC_CHARACTERS = 256;

type Rights = {
  readonly publish: { readonly edge: readonly EdgeChannel[]; readonly grid: readonly GridChannel[] };
  readonly subscribe: readonly string[];
};

const anyEdge = (channel: EdgeChannel): string => edgeTopic('+', '+', channel);
const anyPoint = (channel: GridChannel): string => `fengsui/v1/grid/+/+/+/+/${channel}`;

const SERVICE_RIGHTS: { readonly [user: string]: Rights | undefined } = {
  'svc-ingest': {
    publish: { edge: ['ack', 'cmd'], grid: ['state'] },
    subscribe: [anyEdge('up'), anyEdge('status'), anyEdge('reply'), ALL_NATIVE_IN],
  },
  // Alerts reads its own retained messages back at start, to take down those of episodes that ended meanwhile.
  'svc-alerts': { publish: { edge: [], grid: ['alert'] }, subscribe: [anyPoint('alert')] },
  'svc-broadcast': { publish: { edge: [], grid: ['broadcast'] }, subscribe: [ALL_RECEIPTS] },
  'svc-console': {
    publish: { edge: [], grid: [] },
    subscribe: [anyPoint('state'), anyPoint('alert'), anyEdge('status')],
  },
  // `fengsui node-red`: hears what the console hears of points, and says nothing; what flows do goes through the API.
  'svc-node-red': { publish: { edge: [], grid: [] }, subscribe: [anyPoint('state'), anyPoint('alert')] },
  // `fengsui edge`: asks boxes and hears their answers.
  'svc-care': { publish: { edge: ['cmd'], grid: [] }, subscribe: [anyEdge('status'), anyEdge('reply')] },
};
const NO_RIGHTS: Rights = { publish: { edge: [], grid: [] }, subscribe: [] };
const INGEST = 'svc-ingest';
const rightsOf = (user: string): Rights =>
  Object.hasOwn(SERVICE_RIGHTS, user) ? (SERVICE_RIGHTS[user] ?? NO_RIGHTS) : NO_RIGHTS;

/** Whether a message may be retained: a status and an alert stand until they change, everything else passes. */
export function mayRetain(topic: string): boolean {
  return topic.endsWith('/status') || topic.endsWith('/alert');
}

export function judgePublish(identity: Identity, topic: string): Result<null, Denial> {
  if (topic.startsWith('$')) return err('system');
  if (topic.length > MAX_TOPIC_CHARACTERS) return err('malformed');
  if (identity.kind === 'device') return err('direction');
  const receipt = parseReceiptTopic(topic);
  if (identity.kind === 'speaker' || receipt !== undefined)
    return identity.kind !== 'speaker' || receipt === undefined
      ? err('direction')
      : receipt.speakerId === identity.user
        ? ok(null)
        : err('foreign');
  const native = parseNativeTopic(topic);
  if (native !== undefined) return native.channel === 'done' && identity.user === INGEST ? ok(null) : err('direction');
  const parsed = parseTopic(topic);
  if (!parsed.ok) return err('malformed');
  const target = parsed.value;
  if (identity.kind === 'edge') {
    if (target.kind !== 'edge') return err('direction');
    if (target.edgeId !== identity.user || target.township !== identity.township) return err('foreign');
    return EDGE_UPWARD.includes(target.channel) ? ok(null) : err('direction');
  }
  const rights = rightsOf(identity.user).publish;
  const allowed = target.kind === 'edge' ? rights.edge.includes(target.channel) : rights.grid.includes(target.channel);
  return allowed ? ok(null) : err('direction');
}

function patternsOf(identity: Exclude<Identity, { kind: 'device' }>): readonly string[] {
  switch (identity.kind) {
    case 'edge':
      return EDGE_DOWNWARD.map((channel) => edgeTopic(identity.township, identity.user, channel));
    case 'speaker':
      return [broadcastFilter(identity.area)];
    case 'service':
      return rightsOf(identity.user).subscribe;
    default:
      return identity satisfies never;
  }
}

/** A filter is granted when every topic that it matches is covered by one granted pattern. */
export function judgeSubscribe(identity: Identity, filter: string): Result<null, Denial> {
  if (filter.startsWith('$share/')) return err('shared');
  if (filter.startsWith('$')) return err('system');
  if (filter.length > MAX_TOPIC_CHARACTERS) return err('malformed');
  if (identity.kind === 'device') return err('foreign');
  const patterns = patternsOf(identity);
  if (patterns.some((pattern) => isSubset(filter, pattern))) return ok(null);
  return err(/[+#]/.test(filter) ? 'wildcard' : 'foreign');
}

/** Every topic matched by `filter` is matched by `pattern` (which has no `#`). */
export function isSubset(filter: string, pattern: string): boolean {
  const ours = filter.split('/');
  const theirs = pattern.split('/');
  if (ours.length !== theirs.length) return false;
  return ours.every((level, index) => level !== '#' && (theirs[index] === '+' || theirs[index] === level));
}
