/** The plain pages in the order of their tabs; a new one is one file and one line here. */
import { callsPage, notReachedPage } from './pages/calls.ts';
import { channelsPage, handoverPage, rosterPage } from './pages/desk.ts';
import { drillPage, drillsPage } from './pages/drills.ts';
import { evacuationPage, evacuationsPage } from './pages/evacuations.ts';
import { minePage } from './pages/mine.ts';
import { gridsPage, ledgerPage, pointsPage } from './pages/records.ts';
import { registryPage } from './pages/registry.ts';
import { reportsPage } from './pages/reports.ts';
import { trendPage, trendsPage } from './pages/trend.ts';
import { warningPage, warningsPage } from './pages/warnings.ts';
import type { PageSpec } from './spec.ts';

export const PAGES: readonly PageSpec[] = [
  notReachedPage,
  minePage,
  callsPage,
  evacuationsPage,
  evacuationPage,
  warningsPage,
  warningPage,
  rosterPage,
  handoverPage,
  channelsPage,
  reportsPage,
  drillsPage,
  drillPage,
  trendsPage,
  trendPage,
  pointsPage,
  gridsPage,
  registryPage,
  ledgerPage,
];
