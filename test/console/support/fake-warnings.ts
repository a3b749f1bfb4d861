/** One warning for 上坪村, and one message of the feed. */
import type { ExchangeReader } from '#model/exchange.ts';
import type { Warning, WarningReader } from '#model/warning.ts';

const text = { zh: '暴雨', en: 'rain' };
const WARNING: Warning = {
  id: 'w-1',
  source: 'typed',
  message: null,
  origin: 'live',
  hazard: 'rainstorm',
  headline: text,
  description: text,
  instruction: text,
  issuedBy: 'p-county',
  issuedAtMs: 0,
  onsetMs: null,
  expiresAtMs: 1_000,
  areas: [{ gridCode: '999900001001', level: 'red', sinceMs: 0 }],
  polygons: [],
  state: 'inForce',
};

export const fakeWarnings: WarningReader = {
  list: () => [WARNING],
  get: (id) => (id.startsWith('w') ? WARNING : undefined),
};
export const fakeExchange: ExchangeReader = { capEntries: () => [], capXml: () => '<alert/>' };
