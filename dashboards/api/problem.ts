/** How a refusal looks to a caller: `{"error":{"kind","message","path"?}}` and its status. */

import type { Text } from '#model/text.ts';

export type Problem = {
  readonly status: 400 | 401 | 403 | 404 | 405 | 409 | 413 | 415 | 429 | 500 | 503;
  readonly kind: string;
  readonly message: string;
  /** The message in both languages, where it is for people. */
  readonly text?: Text;
  /** The field that is at fault, or the place in the text. */
  readonly path?: string;
  readonly retryAfterS?: number;
};

export const problemBody = (problem: Problem): { readonly error: object } => ({
  error: {
    kind: problem.kind,
    message: problem.message,
    ...(problem.text === undefined ? {} : { text: problem.text }),
    ...(problem.path === undefined ? {} : { path: problem.path }),
  },
});

export const NOT_SIGNED_IN: Problem = {
  status: 401,
  kind: 'unauthenticated',
  message: 'Sign in with POST /api/v1/session, or send a bearer token.',
};
export const OUTSIDE_GRID: Problem = {
  status: 403,
  kind: 'outsideGrid',
  message: 'This lies outside the grids in which you hold a post.',
};
export const WRONG_POST: Problem = {
  status: 403,
  kind: 'wrongPost',
  message: 'None of your posts over this grid may do this.',
};
export const notFound = (what: string): Problem => ({ status: 404, kind: 'notFound', message: `There is no ${what}.` });
