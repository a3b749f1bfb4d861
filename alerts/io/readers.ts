/** The console's read-only view of the parts' tables. */
import type { DeskReaders } from '#model/desk.ts';
import { openEvacuationReader } from './evacuation/reader.ts';

const nothing = { list: () => [], get: () => undefined };

/** Each reader opens the file for itself; a file that is not there yet is an empty one. */
export function openDeskReaders(dataDir: string): DeskReaders {
  const evacuations = openEvacuationReader(dataDir);
  return {
    calls: { list: () => ({ items: [], next: null }), ofAlert: () => [] },
    evacuations,
    warnings: nothing,
    reports: nothing,
    drills: nothing,
    channels: () => [],
    close: () => evacuations.close(),
  };
}
