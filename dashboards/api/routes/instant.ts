/** An instant in a query or a body: ISO 8601 with an offset, or epoch milliseconds (seconds when below 10^11). */
import { z } from 'zod';

export function parseInstant(raw: string): number | undefined {
  if (/^\d{1,16}$/.test(raw)) {
    const count = Number(raw);
    return count < 1e11 ? count * 1_000 : count;
  }
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/.test(raw)) return undefined;
  const atMs = Date.parse(raw);
  return Number.isFinite(atMs) ? atMs : undefined;
}

export const instant = z
  .string()
  .max(40)
  .transform((raw, context) => {
    const atMs = parseInstant(raw);
    if (atMs !== undefined) return atMs;
    context.addIssue({ code: 'custom', message: 'must be ISO 8601 with an offset, or epoch milliseconds' });
    return z.NEVER;
  });
