/** What the console reads of the alerts stage beside the alerts themselves; each sees only what is committed. */
import type { CallReader } from '#model/call.ts';
import type { ChannelHealth } from '#model/channel.ts';
import type { DrillReader } from '#model/drill.ts';
import type { EvacuationReader } from '#model/evacuation.ts';
import type { ExchangeReader } from '#model/exchange.ts';
import type { ExplainAsk, PointExplanation } from '#model/explain.ts';
import type { HandoverReader } from '#model/handover.ts';
import type { Registry } from '#model/registry.ts';
import type { ReportReader } from '#model/report.ts';
import type { WarningReader } from '#model/warning.ts';

export type DeskReaders = {
  readonly calls: CallReader;
  readonly evacuations: EvacuationReader;
  readonly warnings: WarningReader;
  readonly exchange: ExchangeReader;
  readonly reports: ReportReader;
  readonly drills: DrillReader;
  readonly handovers: HandoverReader;
  /** What the stage would do in a registry; undefined when there is no such point. */
  readonly explainPoint: (registry: Registry, ask: ExplainAsk) => PointExplanation | undefined;
  readonly channels: () => readonly ChannelHealth[];
  readonly close: () => void;
};
