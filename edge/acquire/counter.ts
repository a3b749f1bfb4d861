/** The counter rule is the model's, because what devices tell the centre directly counts by the same one. */
export { type CounterBase, countSince, type Increment } from '../../model/counter.ts';
