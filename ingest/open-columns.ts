/** Opens a journalled batch as columns; one that its edge wrote with other spacing goes once more through the codec. */
import { decodeBatch, encodeBatch } from '#model/batch.ts';
import { createBatchScanner, type ScannedBatch } from '#model/batch-scan.ts';

/** The columns stand until the next call. Throws on what ingest cannot have journalled. */
export function createColumnOpener(): (body: string) => Readonly<ScannedBatch> {
  const scan = createBatchScanner();
  return (body) => {
    const scanned = scan(body);
    if (scanned !== undefined) return scanned;
    const decoded = decodeBatch(body);
    const again = decoded.ok ? scan(encodeBatch(decoded.value)) : undefined;
    if (again === undefined) throw new Error('a row of the journal is not a batch');
    return again;
  };
}

/** Whether a column's number is there. */
export const isThere = (value: number | undefined): value is number => value !== undefined && !Number.isNaN(value);
