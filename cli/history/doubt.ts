/**
 * What is changed in a restored alerts' file so that nobody hears the same thing twice without being told so. Between
 * the backup and its restore the old centre may have sent what the copy still holds as waiting, and what the new one
 * decides again: from readings that edges send again, and from new ones that say the same still.
 */
import { MINUTE_MS } from '#model/time.ts';

/**
 * For so long after a restore every message may be a repeat. Edges keep what was acked for ten minutes; by then whatever
 * comes again has come, and what still stands has been judged.
 */
const DOUBT_MS = 30 * MINUTE_MS;

/**
 * `fromMs` is when the backup was taken, `toMs` when it was restored, both by the chain's clock. Deliveries that were due
 * before the restore go out as repeats (重发, `Fengsui-Repeat`), and so does what is queued within the half hour after
 * it. Keys stay as they are, so that a receiver that keeps keys drops what it has.
 */
export const doubtSql = (fromMs: number, toMs: number): string => `
CREATE TABLE IF NOT EXISTS restored (from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL);
INSERT INTO restored (from_ms, to_ms) VALUES (${Math.trunc(fromMs)}, ${Math.trunc(toMs)});
UPDATE deliveries SET repeated = 1 WHERE state IN ('queued', 'unknown', 'claimed') AND due_at <= ${Math.trunc(toMs)};
DROP TRIGGER IF EXISTS told_before_restore;
CREATE TRIGGER told_before_restore AFTER INSERT ON deliveries WHEN NEW.queued_at <= ${Math.trunc(toMs + DOUBT_MS)}
BEGIN UPDATE deliveries SET repeated = 1 WHERE n = NEW.n; END;
`;
