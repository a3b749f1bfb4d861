/** Reads fields of untrusted JSON and gathers findings, each with its path. */
import type { Lint } from '../model/result.ts';
import { isTopicToken } from '../model/topics.ts';

export type Fields = { readonly [key: string]: unknown };

/** Reads fields and gathers findings; a wrong field yields a stand-in that nobody sees, since the whole is refused. */
export function openReader(file: string) {
  const lints: Lint[] = [];

  function fault(path: string, message: string, mend: string): void {
    lints.push({
      file,
      line: 0,
      column: 0,
      path,
      kind: 'config',
      message,
      mend,
      severity: 'error',
    });
  }

  function object(raw: unknown, path: string): Fields {
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Fields;
    fault(path, 'must be an object', 'write { … }');
    return {};
  }

  function list(raw: unknown, path: string): readonly unknown[] {
    if (Array.isArray(raw)) return raw;
    fault(path, 'must be a list', 'write [ … ]');
    return [];
  }

  function text(raw: unknown, path: string): string {
    if (typeof raw === 'string' && raw !== '') return raw;
    fault(path, 'must be a text that is not empty', 'give a text');
    return '-';
  }

  function token(raw: unknown, path: string): string {
    const word = text(raw, path);
    if (!isTopicToken(word)) fault(path, `${word} is no token`, 'use 1 to 64 of A-Z a-z 0-9 _ -');
    return word;
  }

  function number(raw: unknown, path: string): number {
    if (typeof raw === 'number' && Number.isFinite(raw)) return raw;
    fault(path, 'must be a number', 'give a number');
    return 0;
  }

  function whole(raw: unknown, path: string, min: number, max: number): number {
    if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
    fault(path, `must be a whole number from ${min} to ${max}`, 'correct the number');
    return min;
  }

  function choice<T extends string | number>(raw: unknown, path: string, choices: readonly T[]): T {
    const found = choices.find((choice) => choice === raw);
    if (found !== undefined) return found;
    fault(path, `must be one of ${choices.join(', ')}`, 'choose one of them');
    return choices[0] as T;
  }

  return { lints, fault, object, list, text, token, number, whole, choice };
}
export type Reader = ReturnType<typeof openReader>;
