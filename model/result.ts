/** Expected failures as values: every failure says what the caller should do about it. */

export type Ok<T> = { readonly ok: true; readonly value: T };
export type Err<E> = { readonly ok: false; readonly error: E };
export type Result<T, E> = Ok<T> | Err<E>;

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
export const err = <E>(error: E): Err<E> => ({ ok: false, error });

/** What a caller does with a failure: give up, try at once, or try after a while. */
export type Retry = 'never' | 'now' | { readonly afterMs: number };

/** A failure of I/O at a port, classed by what the caller should do. */
export type Failure = {
  readonly kind: string;
  readonly message: string;
  readonly retry: Retry;
  readonly cause?: unknown;
};

/** One finding in a file that a person wrote; line and column count from 1 and are 0 when unknown. */
export type Lint = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Where in the document, e.g. `points[3].sensors[0].quantity`. */
  readonly path: string;
  readonly kind: string;
  readonly message: string;
  /** What mends it. */
  readonly mend?: string;
  readonly severity: 'error' | 'warning';
};

/** `file:line:col: message (mend)`, the form that editors and terminals can jump to. */
export function formatLint(lint: Lint): string {
  const place = lint.line > 0 ? `${lint.file}:${lint.line}:${lint.column}` : lint.file;
  const where = lint.path === '' ? '' : ` ${lint.path}:`;
  const mend = lint.mend === undefined ? '' : ` — ${lint.mend}`;
  return `${place}: ${lint.severity}:${where} ${lint.message}${mend}`;
}
