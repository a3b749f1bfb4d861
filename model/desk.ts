/** What the console reads of the alerts stage beside the alerts themselves; each sees only what is committed. */
import type { CallReader } from '#model/call.ts';
import type { ChannelHealth } from '#model/channel.ts';
import type { DrillReader } from '#model/drill.ts';
import type { EvacuationReader } from '#model/evacuation.ts';
import type { ReportReader } from '#model/report.ts';
import type { WarningReader } from '#model/warning.ts';

export type DeskReaders = {
  readonly calls: CallReader;
  readonly evacuations: EvacuationReader;
  readonly warnings: WarningReader;
  readonly reports: ReportReader;
  readonly drills: DrillReader;
  readonly channels: () => readonly ChannelHealth[];
  readonly close: () => void;
};
