/** Applies one entry of a log: a finding of the rules, a person's command, a channel's receipt; each is taken once. */
import type { DatabaseSync } from 'node:sqlite';
import type { AlertCommand } from '#model/alert.ts';
import type { Receipt } from '#model/call.ts';
import type { DeskCommand } from '#model/command.ts';
import { type Finding, isAct, isDoubt, type Note } from '#model/transition.ts';
import { recordAct } from '../acts.ts';
import { applyCommand } from '../commands.ts';
import { recordDoubt } from '../doubts.ts';
import type { Episode, Outcome, World } from '../episode.ts';
import { withState } from '../ledger/state.ts';
import { alertKey, applyTransition } from '../lifecycle.ts';
import type { CommandResult, OpenPart } from './part.ts';
import type { Effect } from './take-log.ts';
import { type Tables, writeOutcome } from './write-outcome.ts';

/** What one commit changed; emptied by the store when the commit begins. */
export type Touched = Set<string>;

const UNKNOWN: CommandResult = {
  ok: false,
  message: { zh: '系统不认识这条指令', en: 'this command is not known here' },
};

const RECEIVED: CommandResult = { ok: true, message: { zh: '回执已收', en: 'receipts taken' } };

/** Writes an outcome and shows it to every part; a part's own outcome comes round the same way. */
export function openApply(tables: Tables, parts: readonly OpenPart[], touched: Touched) {
  return (raw: Outcome, world: World): void => {
    // Whichever part changed it, the ledger says how the alert stands now: so an edited projection is found.
    const outcome = withState(raw);
    writeOutcome(tables, outcome, world.directory, world.nowMs);
    if (outcome.episode !== null) touched.add(outcome.episode.alert.id);
    for (const part of parts) part.onOutcome?.(outcome, world);
  };
}

export function openTakers(
  db: DatabaseSync,
  tables: Tables,
  parts: readonly OpenPart[],
  apply: (outcome: Outcome, world: World) => void,
) {
  const { episodes } = tables;
  const takeOnce = db.prepare('INSERT INTO taken (id) VALUES (?) ON CONFLICT DO NOTHING');
  const isDone = db.prepare('SELECT 1 FROM results WHERE command = ?');
  const putResult = db.prepare('INSERT INTO results (command, ok, message) VALUES (?, ?, ?)');
  const changed = (episode: Episode | null): Effect =>
    episode === null ? { kind: 'none' } : { kind: 'changed', alertId: episode.alert.id };
  const note = (one: Note, world: World): Effect => {
    const open = one.pointId === null ? [] : episodes.openAt({ kind: 'point', id: one.pointId });
    const outcomes = isDoubt(one) ? recordDoubt(one, open, world) : recordAct(one, open, world);
    for (const outcome of outcomes) apply(outcome, world);
    return changed(outcomes[0]?.episode ?? null);
  };
  const ofAlert = (command: AlertCommand, world: World): CommandResult => {
    const outcome = applyCommand(command, episodes.byId(command.alertId), world);
    apply({ ...outcome, notices: [] }, world);
    return outcome;
  };
  const ofPart = (command: DeskCommand, world: World): CommandResult => {
    for (const part of parts) {
      const result = part.command?.(command, world);
      if (result !== undefined) return result;
    }
    return UNKNOWN;
  };
  const receipt = (one: Receipt, world: World): void => {
    for (const part of parts) part.onReceipt?.(one, world);
  };
  const ofKind = (command: DeskCommand, world: World): CommandResult => {
    if (command.kind === undefined) return ofAlert(command, world);
    if (command.kind !== 'receipt') return ofPart(command, world);
    for (const one of command.receipts) receipt(one, world);
    return RECEIVED;
  };
  return {
    finding: (transition: Finding, world: World): Effect => {
      if (takeOnce.run(transition.id).changes === 0) return { kind: 'repeated' };
      if (isAct(transition) || isDoubt(transition)) return note(transition, world);
      const key = alertKey(transition);
      const open = episodes.openOf(key);
      const ended = open === undefined ? episodes.endedOf(key) : undefined;
      const outcome = applyTransition(transition, { open, ended }, world);
      apply(outcome, world);
      return changed(outcome.episode);
    },
    command: (command: DeskCommand, world: World): Effect => {
      if (isDone.get(command.id) !== undefined) return { kind: 'repeated' };
      const { ok, message } = ofKind(command, world);
      putResult.run(command.id, ok ? 1 : 0, JSON.stringify(message));
      return { kind: 'none' };
    },
    receipt,
  };
}
