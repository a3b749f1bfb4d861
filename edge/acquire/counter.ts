/** The counter rule is the model's, because what devices tell the centre directly counts by the same one. */
import type { CounterBase as Counted } from '../../model/counter.ts';

export { countSince, type Increment } from '../../model/counter.ts';

/** `of` says whose count it is, by `countedBy`: the base of another device or register is none. */
export type CounterBase = Counted & { readonly of?: string };
