/** How a line of a list says that it is not about something real; what is live bears no mark. */
import type { Origin } from '#model/reading.ts';

const MARK: { readonly [O in Origin]: string } = {
  live: '',
  drill: '【演练】',
  simulated: '【模拟】',
  replay: '【回放】',
};

export const originMark = (origin: Origin | undefined): string => (origin === undefined ? '' : MARK[origin]);
