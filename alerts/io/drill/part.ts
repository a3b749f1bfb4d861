/**
 * Drills as a part of the alerts stage: a plan is started by command, its steps become alerts of origin `drill` at stored
 * due times, and it ends by command or by itself: alerts closed, deliveries stopped, the report made and kept.
 */
import { createHash } from 'node:crypto';
import { reachOf } from '#model/channel.ts';
import type { DrillCommand } from '#model/command.ts';
import { type Drill, type DrillReport, drillIdOf } from '#model/drill.ts';
import { canonicalJson } from '#model/hash.ts';
import type { Post } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import { formatInZone } from '#model/time.ts';
import { applyStep, closeDrillAlert, DRILL_OVER } from '../../drill/outcome.ts';
import { checkPlan, stepTransition } from '../../drill/plan.ts';
import { composeReport } from '../../drill/report.ts';
import type { EventDraft, World } from '../../episode.ts';
import { isEnded } from '../../episode.ts';
import { answersFor } from '../../evacuation/rights.ts';
import { alertKey } from '../../lifecycle.ts';
import { gridPath } from '../../place.ts';
import { openListTable } from '../evacuation/list-table.ts';
import type { CommandResult, OpenPart, Part, PartTools } from '../part.ts';
import { openFacts } from './facts.ts';
import { DRILL_SCHEMA, openDrillTable } from './table.ts';

export const DRILL_DECIDERS: readonly Post[] = ['head', 'deputy', 'manager', 'dispatcher'];
const RUNNING_AT_MOST = 20;

const both = (zh: string, en: string): Text => ({ zh, en });
const refuse = (zh: string, en: string): CommandResult => ({ ok: false, message: both(zh, en) });

const samePlaces = (one: Pick<Drill, 'steps'>, other: Pick<Drill, 'steps'>): boolean =>
  one.steps.some((step) =>
    other.steps.some(({ pointId, hazard }) => pointId === step.pointId && hazard === step.hazard),
  );

function openPart(tools: PartTools): OpenPart {
  const { db, tables } = tools;
  const drills = openDrillTable(db);
  const facts = openFacts(db);
  const lists = openListTable(db);
  const say = (drill: Drill, by: string, text: Text, what: EventDraft['facts'], world: World): void => {
    tables.ledger.append({
      alertId: drill.id,
      atMs: world.nowMs,
      by,
      kind: 'drill',
      text,
      facts: { drill: drill.id, gridCode: drill.gridCode, ...what },
    });
  };
  const keep = (drill: Drill, world: World): void =>
    drills.put(drill, gridPath(drill.gridCode, world.directory.registry));

  function start(command: DrillCommand & { readonly action: 'start' }, world: World): CommandResult {
    const { plan, by } = command;
    const { registry } = world.directory;
    const problems = checkPlan(plan, registry);
    if (problems.length > 0)
      return refuse(
        `演练方案有误：${problems.map(({ text }) => text.zh).join('；')}`,
        `the plan cannot be run: ${problems.map(({ text }) => text.en).join('; ')}`,
      );
    if (!answersFor(world.directory, command, plan.gridCode, DRILL_DECIDERS))
      return refuse('不在您的网格范围内', 'it lies outside your grids');
    const running = drills.running();
    const other = running.find((one) => samePlaces(one, plan));
    if (other !== undefined)
      return refuse(
        `演练 ${other.id} 正在使用同一隐患点，请先结束`,
        `drill ${other.id} runs at one of these points: end it first`,
      );
    if (running.length >= RUNNING_AT_MOST) return refuse('同时进行的演练过多', 'too many drills run at once');
    const drill: Drill = {
      ...plan,
      id: drillIdOf(command.id),
      state: 'running',
      startedAtMs: world.nowMs,
      startedBy: by,
      endedAtMs: null,
      stepsDone: 0,
      alertIds: [],
    };
    if (drills.get(drill.id) !== undefined) return refuse('演练编号重复', 'there is a drill of this id already');
    keep(drill, world);
    const text = both(`【演练】开始：${plan.name.zh}`, `[DRILL] started: ${plan.name.en}`);
    say(drill, by, text, { action: 'start', command: command.id, from: command.from, note: command.note, plan }, world);
    runSteps(drill, world, plan.steps.length);
    return { ok: true, message: both(`演练已开始：${drill.id}`, `the drill has started: ${drill.id}`) };
  }

  /** The steps that are due, at most `limit` of them. */
  function runSteps(drill: Drill, world: World, limit: number): Drill {
    let now = drill;
    for (let n = 0; n < limit; n++) {
      const step = now.steps[now.stepsDone];
      if (step === undefined || now.startedAtMs + step.afterMs > world.nowMs) break;
      now = runStep(now, world);
    }
    return now;
  }

  function runStep(drill: Drill, world: World): Drill {
    const step = stepTransition(drill, drill.stepsDone, world.nowMs);
    const done: Drill = { ...drill, stepsDone: drill.stepsDone + 1 };
    // A point that was taken out of the county meanwhile is passed over, and said.
    if (step === undefined || !world.directory.registry.points.has(step.subject.id)) {
      say(
        drill,
        'alerts',
        both('演练步骤跳过：隐患点已不存在', 'a step is passed over: its point is gone'),
        { step: drill.stepsDone },
        world,
      );
      keep(done, world);
      return done;
    }
    const key = alertKey({ subject: step.subject, hazard: step.hazard, origin: 'drill' });
    const open = tables.episodes.openOf(key);
    const ended = open === undefined ? tables.episodes.endedOf(key) : undefined;
    tools.apply(applyStep(drill, step, { open, ended }, world), world);
    const after: Drill = { ...done, alertIds: facts.alertIds(drill.id) };
    keep(after, world);
    return after;
  }

  function closeLists(drill: Drill, world: World): void {
    for (const list of facts.listsOf(drill.alertIds)) {
      if (list.state === 'closed' || list.origin !== 'drill') continue;
      const version = tables.ledger.append({
        alertId: list.alertId ?? list.id,
        atMs: world.nowMs,
        by: 'alerts',
        kind: 'evacuation',
        text: DRILL_OVER,
        facts: { evacuationId: list.id, pointId: list.pointId, origin: list.origin, action: 'close', drill: drill.id },
      });
      const paths = [...new Set([list.gridCode, ...list.households.map(({ gridCode }) => gridCode)])]
        .map((code) => gridPath(code, world.directory.registry))
        .join('');
      lists.put({ ...list, state: 'closed', closedAtMs: world.nowMs }, list, version, paths);
    }
  }

  function end(running: Drill, by: string, note: string, world: World): DrillReport {
    const drill: Drill = { ...running, alertIds: facts.alertIds(running.id) };
    // Read before anything is closed: whoever was still being asked has not answered.
    const report = composeReport(drill, facts.of(drill), by, world.nowMs);
    closeLists(drill, world);
    keep({ ...drill, state: 'ended', endedAtMs: world.nowMs }, world);
    for (const id of drill.alertIds) {
      const outcome = closeDrillAlert(tables.episodes.byId(id), drill.id, by, world);
      if (outcome !== null) tools.apply(outcome, world);
    }
    drills.keepReport(report);
    const { tiers, notReached, text: words } = report;
    const hash = createHash('sha256').update(canonicalJson(report)).digest('hex');
    const text = both(`【演练】结束：${drill.name.zh}`, `[DRILL] ended: ${drill.name.en}`);
    say(drill, by, text, { action: 'end', note, report: hash, tiers, notReached: notReached.length, words }, world);
    return report;
  }

  function endByHand(command: DrillCommand & { readonly action: 'end' }, world: World): CommandResult {
    const drill = drills.get(command.drillId);
    if (drill === undefined) return refuse('没有这次演练', 'there is no such drill');
    if (!answersFor(world.directory, command, drill.gridCode, DRILL_DECIDERS))
      return refuse('不在您的网格范围内', 'it lies outside your grids');
    if (drill.endedAtMs !== null) {
      const at = formatInZone(drill.endedAtMs, world.directory.registry.county.zone).slice(0, 19);
      return refuse(`演练已于 ${at} 结束`, `the drill ended at ${at}`);
    }
    end(drill, command.by, command.note, world);
    return { ok: true, message: both('演练已结束', 'the drill has ended') };
  }

  return {
    command: (command, world) => {
      if (command.kind !== 'drill') return undefined;
      return command.action === 'start' ? start(command, world) : endByHand(command, world);
    },
    nextDueMs: drills.nextDueMs,
    runDue: (world, limit) => {
      for (const drill of drills.due(world.nowMs, limit)) {
        const now = runSteps(drill, world, limit);
        if (now.stepsDone >= now.steps.length && world.nowMs >= now.startedAtMs + now.endsAfterMs)
          end(now, 'alerts', '', world);
      }
    },
    /** A drill that is over says nothing more to people; what takes back what it said still goes. */
    unwanted: (claim, { directory }) => {
      // Asked for every message there is: only a drill's are looked up.
      if (claim.message.alert.origin !== 'drill') return null;
      const alert = tables.episodes.byId(claim.alertId)?.alert;
      if (alert?.drill === undefined || !isEnded(alert)) return null;
      const channel = directory.registry.channels.find(({ id }) => id === claim.channel);
      const takesBack = channel === undefined || ['platform', 'devices'].includes(reachOf(channel));
      return takesBack && claim.message.alert.lifecycle === 'closed' ? null : DRILL_OVER;
    },
  };
}

export const drillPart: Part = { name: 'drill', schema: DRILL_SCHEMA, open: openPart };
