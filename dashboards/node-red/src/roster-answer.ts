/** Finds one grid's desk in the console's roster. */
import { isFields } from './link.ts';

export type OnDuty = {
  readonly id: string;
  readonly name: string;
  readonly phone: string | null;
  readonly place: string;
};
export type Desk = { readonly people: readonly OnDuty[]; readonly isEmpty: boolean; readonly desk: unknown };

/** Undefined when the grid has no desk of its own. */
export function deskOf(body: unknown, gridCode: string): Desk | undefined {
  if (!isFields(body) || !Array.isArray(body['items'])) return undefined;
  const desk: unknown = body['items'].find((item: unknown) => isFields(item) && item['gridCode'] === gridCode);
  if (!isFields(desk) || !Array.isArray(desk['people'])) return undefined;
  const people = desk['people'].flatMap((one: unknown): readonly OnDuty[] => {
    if (!isFields(one) || typeof one['id'] !== 'string') return [];
    const { id, name, phone, place } = one;
    const number = typeof phone === 'string' ? phone : null;
    return [{ id, name: String(name ?? id), phone: number, place: String(place ?? '') }];
  });
  return { people, isEmpty: desk['empty'] === true, desk };
}
