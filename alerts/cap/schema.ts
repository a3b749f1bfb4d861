/** The schema of CAP 1.2 as tables: which elements, in which order, how often, with which words (CAP-v1.2.xsd). */
import {
  CATEGORIES,
  CERTAINTIES,
  MSG_TYPES,
  RESPONSE_TYPES,
  SCOPES,
  SEVERITIES,
  STATUSES,
  URGENCIES,
} from './message.ts';

export type Particle = {
  readonly name: string;
  /** `1` exactly one, `?` none or one, `+` one or more, `*` any number. */
  readonly count: '1' | '?' | '+' | '*';
  readonly words?: readonly string[];
  readonly time?: true;
  readonly number?: 'integer' | 'decimal';
  readonly holds?: readonly Particle[];
};

const PAIR: readonly Particle[] = [
  { name: 'valueName', count: '1' },
  { name: 'value', count: '1' },
];

const AREA: readonly Particle[] = [
  { name: 'areaDesc', count: '1' },
  { name: 'polygon', count: '*' },
  { name: 'circle', count: '*' },
  { name: 'geocode', count: '*', holds: PAIR },
  { name: 'altitude', count: '?', number: 'decimal' },
  { name: 'ceiling', count: '?', number: 'decimal' },
];

const RESOURCE: readonly Particle[] = [
  { name: 'resourceDesc', count: '1' },
  { name: 'mimeType', count: '1' },
  { name: 'size', count: '?', number: 'integer' },
  { name: 'uri', count: '?' },
  { name: 'derefUri', count: '?' },
  { name: 'digest', count: '?' },
];

const INFO: readonly Particle[] = [
  { name: 'language', count: '?' },
  { name: 'category', count: '+', words: CATEGORIES },
  { name: 'event', count: '1' },
  { name: 'responseType', count: '*', words: RESPONSE_TYPES },
  { name: 'urgency', count: '1', words: URGENCIES },
  { name: 'severity', count: '1', words: SEVERITIES },
  { name: 'certainty', count: '1', words: CERTAINTIES },
  { name: 'audience', count: '?' },
  { name: 'eventCode', count: '*', holds: PAIR },
  { name: 'effective', count: '?', time: true },
  { name: 'onset', count: '?', time: true },
  { name: 'expires', count: '?', time: true },
  { name: 'senderName', count: '?' },
  { name: 'headline', count: '?' },
  { name: 'description', count: '?' },
  { name: 'instruction', count: '?' },
  { name: 'web', count: '?' },
  { name: 'contact', count: '?' },
  { name: 'parameter', count: '*', holds: PAIR },
  { name: 'resource', count: '*', holds: RESOURCE },
  { name: 'area', count: '*', holds: AREA },
];

export const ALERT: readonly Particle[] = [
  { name: 'identifier', count: '1' },
  { name: 'sender', count: '1' },
  { name: 'sent', count: '1', time: true },
  { name: 'status', count: '1', words: STATUSES },
  { name: 'msgType', count: '1', words: MSG_TYPES },
  { name: 'source', count: '?' },
  { name: 'scope', count: '1', words: SCOPES },
  { name: 'restriction', count: '?' },
  { name: 'addresses', count: '?' },
  { name: 'code', count: '*' },
  { name: 'note', count: '?' },
  { name: 'references', count: '?' },
  { name: 'incidents', count: '?' },
  { name: 'info', count: '*', holds: INFO },
];
