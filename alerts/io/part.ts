/**
 * A part of the alerts stage with tables of its own in the one file: call-and-confirm, evacuation, warnings, reports,
 * drills … Parts meet only here: each sees what became of an alert, in the same transaction, and may change alerts itself.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { DeliveryState } from '#model/alert.ts';
import type { Receipt } from '#model/call.ts';
import type { DeskCommand } from '#model/command.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';
import type { Message } from '../deliveries.ts';
import type { Outcome, World } from '../episode.ts';
import type { Claim } from './delivery-table.ts';
import type { Tables } from './write-outcome.ts';

export type PartTools = {
  readonly db: DatabaseSync;
  readonly tables: Tables;
  /** Writes what a pure step decided (events, projection, deliveries) and shows it to every part, this one as well. */
  readonly apply: (outcome: Outcome, world: World) => void;
};

export type CommandResult = { readonly ok: boolean; readonly message: Text };

/** Everything here runs inside a transaction of the store's; what throws is rolled back with all of it. */
export type OpenPart = {
  /** What it makes of a command of its kinds; undefined when it is none of them. */
  readonly command?: (command: DeskCommand, world: World) => CommandResult | undefined;
  /** An alert was raised, changed, told or ended. */
  readonly onOutcome?: (outcome: Outcome, world: World) => void;
  /** What a channel heard after handing over. */
  readonly onReceipt?: (receipt: Receipt, world: World) => void;
  /** Asked as a delivery is claimed: a reason why it need not leave any more. */
  readonly unwanted?: (claim: Claim, world: World) => Text | null;
  /** A delivery that is wanted is claimed for an attempt: its message as it leaves and stays, when the part composes it now. */
  readonly onClaim?: (claim: Claim, world: World) => Message | null;
  /** What an attempt came to is recorded. */
  readonly onRecorded?: (claim: Claim, state: DeliveryState, world: World) => void;
  /** When its next stored due time falls; null when it waits for nothing. Indexed, asked often. */
  readonly nextDueMs?: () => EpochMs | null;
  /** Does what is due at `world.nowMs`, at most some `limit` rows of it: what is left is still due. */
  readonly runDue?: (world: World, limit: number) => void;
  /** Once, at the start of the stage, and after each new registry. */
  readonly onRegistry?: (world: World) => void;
};

/** `schema` is run at each start: CREATE … IF NOT EXISTS, tables named after the part. */
export type Part = {
  readonly name: string;
  readonly schema: string;
  readonly open: (tools: PartTools) => OpenPart;
};
