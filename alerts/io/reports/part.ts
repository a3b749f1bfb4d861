/** Reports upwards as a part of the stage: owed from the first telling, counting down, told when late, done or waived. */
import type { Alert } from '#model/alert.ts';
import type { ReportCommand } from '#model/command.ts';
import type { ReportRule } from '#model/policy.ts';
import { ancestry } from '#model/registry.ts';
import type { UpReport } from '#model/report.ts';
import type { Text } from '#model/text.ts';
import { asks, type Episode, type EventDraft, isEnded, type Outcome, type World } from '../../episode.ts';
import { gridPath } from '../../place.ts';
import { policyOf } from '../../policy.ts';
import { desksFrom } from '../../reports/desk.ts';
import { isOpenReport, newReport, nextFollowUp, owedReports } from '../../reports/due.ts';
import { contentsOf, endedText, overdueText, startedText } from '../../reports/wording.ts';
import { onDuty } from '../../roster.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { openFigures } from './figures.ts';
import { openReportTable, REPORTS_SCHEMA } from './report-table.ts';

const both = (zh: string, en: string): Text => ({ zh, en });
const refused = (zh: string, en: string): CommandResult => ({ ok: false, message: both(zh, en) });

/** Whoever holds a post at the reporting grid or above it, or sits at a desk there; the API's token by its own door. */
function mayEnd(command: ReportCommand, report: UpReport, { directory }: World): boolean {
  const { registry, shifts } = directory;
  const person = registry.people.get(command.by);
  if (person === undefined) return command.from === 'api';
  const chain = ancestry(registry, report.gridCode).map(({ code }) => code);
  return (
    person.posts.some(({ gridCode }) => chain.includes(gridCode)) ||
    chain.some((code) => onDuty(shifts.get(code) ?? [], command.atMs).some(({ personId }) => personId === command.by))
  );
}

const factsOf = ({ id, rule, kind, n, gridCode, dueAtMs, state }: UpReport): EventDraft['facts'] => ({
  report: id,
  rule,
  reportKind: kind,
  n,
  gridCode,
  dueAtMs,
  state,
});

export function openReports({ db, tables, apply }: PartTools): OpenPart {
  const reports = openReportTable(db);
  const figures = openFigures(db);
  const { episodes, ledger } = tables;
  const zoneOf = ({ directory }: World): string => directory.registry.county.zone;
  const put = (report: UpReport, { directory }: World): void =>
    reports.put(report, gridPath(report.gridCode, directory.registry));
  const withContents = (report: UpReport, alert: Alert | undefined, world: World): UpReport =>
    alert === undefined
      ? report
      : {
          ...report,
          contents: contentsOf(
            alert,
            figures(alert.id, alert.recipients.length),
            world.directory.registry,
            world.nowMs,
          ),
        };
  const event = (
    report: UpReport,
    by: string,
    text: Text,
    world: World,
    facts: EventDraft['facts'] = {},
  ): EventDraft => ({
    alertId: report.alertId,
    atMs: world.nowMs,
    by,
    kind: 'report',
    text,
    facts: { ...factsOf(report), ...facts },
  });

  function begin(report: UpReport, alert: Alert, world: World): void {
    if (reports.get(report.id) !== undefined) return;
    put(withContents(report, alert, world), world);
    ledger.append(event(report, 'alerts', startedText(report, zoneOf(world)), world));
  }
  const ruleOf = (report: UpReport, { directory }: World): ReportRule | undefined =>
    policyOf(directory.registry).reports.find(({ id }) => id === report.rule);
  const goOn = (report: UpReport, alert: Alert | undefined, world: World): void => {
    const next = nextFollowUp(report, ruleOf(report, world), world.nowMs);
    if (next !== null && alert !== undefined && !isEnded(alert)) begin(next, alert, world);
  };

  function owe(alert: Alert, world: World): void {
    const { registry } = world.directory;
    for (const owed of owedReports(alert, policyOf(registry), registry, world.nowMs)) {
      const isFinal = owed.rule.kind === 'final';
      if (isFinal === isEnded(alert)) begin(newReport(alert.id, owed, 1, world.nowMs), alert, world);
    }
  }
  /** What was to follow as long as it was open is not owed any more, its 终报 is; of a drill that is over nothing is. */
  function endOpen(alert: Alert, world: World): void {
    const drill = alert.origin === 'drill';
    const note = drill ? '演练已结束' : '预警已结束，以终报为准';
    for (const report of reports.ofAlert(alert.id)) {
      if (!isOpenReport(report) || (!drill && report.kind !== 'followUp')) continue;
      const waived: UpReport = { ...report, state: 'waived', doneAtMs: world.nowMs, note };
      put(waived, world);
      ledger.append(event(waived, 'alerts', endedText(waived, 'alerts', 0), world));
    }
  }

  function fallDue(report: UpReport, world: World): void {
    const episode: Episode | undefined = episodes.byId(report.alertId);
    const late = withContents({ ...report, state: 'overdue' }, episode?.alert, world);
    put(late, world);
    const text = overdueText(late, zoneOf(world));
    const said = event(late, 'alerts', text, world);
    if (episode === undefined) ledger.append(said);
    else {
      const { alert } = episode;
      const step = episode.step + 1;
      const only = desksFrom(late.gridCode, world.directory, world.nowMs);
      const { id: alertId, round, level } = alert;
      const notice = { alertId, round, step, change: 'overdue', from: level, to: level, reason: text, only } as const;
      const outcome: Outcome = { episode: { ...episode, step }, events: [said], notices: [notice] };
      apply(outcome, world);
    }
    goOn(late, episode?.alert, world);
  }

  function end(command: ReportCommand, world: World): CommandResult {
    const report = reports.get(command.reportId);
    const note = command.note.trim();
    if (report === undefined) return refused('没有这份上报', 'there is no such report');
    if (!mayEnd(command, report, world)) return refused('不在您的网格范围内', 'it lies outside your grids');
    if (!isOpenReport(report)) return refused('这份上报已经办结', 'this report has been dealt with already');
    if (command.action === 'waive' && note === '')
      return refused('免报须写明原因', 'waiving a report needs a note that says why');
    const alert = episodes.byId(report.alertId)?.alert;
    const state = command.action === 'waive' ? 'waived' : 'done';
    const ended = withContents({ ...report, state, doneAtMs: command.atMs, by: command.by, note }, alert, world);
    put(ended, world);
    const lateMs = Math.max(0, command.atMs - report.dueAtMs);
    const name = world.directory.registry.people.get(command.by)?.name ?? command.by;
    const text = endedText(ended, name, lateMs);
    ledger.append(
      event(ended, command.by, text, world, {
        command: command.id,
        from: command.from,
        note,
        lateMs,
        contents: ended.contents,
      }),
    );
    if (report.state === 'due') goOn(report, alert, world);
    return { ok: true, message: text };
  }

  return {
    command: (command, world) => (command.kind === 'report' ? end(command, world) : undefined),
    onOutcome: ({ episode, notices, events }, world) => {
      if (episode === null || policyOf(world.directory.registry).reports.length === 0) return;
      const { alert } = episode;
      if (notices.some(({ change }) => asks(change))) owe(alert, world);
      if (!isEnded(alert) || !events.some(({ kind }) => kind === 'closed' || kind === 'falseAlarm')) return;
      endOpen(alert, world);
      if (alert.origin !== 'drill') owe(alert, world);
    },
    nextDueMs: reports.nextDueMs,
    runDue: (world, limit) => {
      for (const report of reports.due(world.nowMs, limit)) fallDue(report, world);
    },
  };
}

export const reportsPart: Part = { name: 'reports', schema: REPORTS_SCHEMA, open: openReports };
