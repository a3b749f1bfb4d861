/** The console's read-only view of the parts' tables. */
import type { DeskReaders } from '#model/desk.ts';
import { openCallReader } from './calls/reader.ts';
import { openExchangeReader } from './cap/reader.ts';
import { openChannelReader } from './channel-health/reader.ts';
import { openDrillReader } from './drill/reader.ts';
import { openEvacuationReader } from './evacuation/reader.ts';
import { openExplain } from './explain.ts';
import { openReportReader } from './reports/reader.ts';
import { openHandoverReader } from './roster/reader.ts';
import { openWarningReader } from './warning/reader.ts';

/** Each reader opens the file for itself; a file that is not there yet is an empty one. */
export function openDeskReaders(dataDir: string): DeskReaders {
  const calls = openCallReader(dataDir);
  const evacuations = openEvacuationReader(dataDir);
  const channels = openChannelReader(dataDir);
  const reports = openReportReader(dataDir);
  const warnings = openWarningReader(dataDir);
  const exchange = openExchangeReader(dataDir);
  const handovers = openHandoverReader(dataDir);
  const drills = openDrillReader(dataDir);
  return {
    calls,
    evacuations,
    warnings,
    exchange,
    reports,
    drills,
    handovers,
    explainPoint: openExplain(),
    channels: channels.list,
    close: () => {
      calls.close();
      evacuations.close();
      reports.close();
      warnings.close();
      exchange.close();
      handovers.close();
      drills.close();
    },
  };
}
