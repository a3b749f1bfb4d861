/** What the console knows of the sensors: their quantity, place and origin, which a message over MQTT does not say. */
import { type Call, isFields } from '../link.ts';
import type { SensorFacts, SensorTable } from '../reading-message.ts';

const MAX_PAGES = 500;

function factsOf(point: unknown): readonly (readonly [string, SensorFacts])[] {
  if (!isFields(point) || !Array.isArray(point['sensors'])) return [];
  const { id: pointId, gridCode } = point;
  if (typeof pointId !== 'string' || typeof gridCode !== 'string') return [];
  return point['sensors'].flatMap((sensor: unknown): readonly (readonly [string, SensorFacts])[] => {
    if (!isFields(sensor) || typeof sensor['id'] !== 'string') return [];
    const latest = sensor['latest'];
    const origin = isFields(latest) && typeof latest['origin'] === 'string' ? latest['origin'] : null;
    const { quantity, unit } = sensor;
    return [[sensor['id'], { quantity: String(quantity), unit: String(unit), pointId, gridCode, origin }]];
  });
}

/** Undefined when it could not be read whole. */
export async function loadSensors(call: Call): Promise<SensorTable | undefined> {
  const table = new Map<string, SensorFacts>();
  let cursor = '';
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await call({ path: `/api/v1/points?limit=1000${cursor}` });
    const body = answer.ok ? answer.value.body : undefined;
    if (!isFields(body) || !Array.isArray(body['items'])) return undefined;
    for (const [id, facts] of body['items'].flatMap(factsOf)) table.set(id, facts);
    if (typeof body['next'] !== 'string') return table;
    cursor = `&cursor=${encodeURIComponent(body['next'])}`;
  }
  return table;
}
