/**
 * What people (and gateways that speak for them) do, as one durable log that the alerts stage reads like any other. Each
 * command is taken once; its result can be asked for by its id.
 */
import type { AlertCommand } from '#model/alert.ts';
import type { Means, Receipt } from '#model/call.ts';
import type { DrillPlan } from '#model/drill.ts';
import type { HouseholdState } from '#model/evacuation.ts';
import type { LevelOrNone } from '#model/level.ts';
import type { GridCode, PersonId, PointId } from '#model/registry.ts';
import type { EpochMs } from '#model/time.ts';
import type { WarningDraft } from '#model/warning.ts';

type Said = {
  readonly id: string;
  readonly by: PersonId;
  readonly atMs: EpochMs;
  /** `console`, `api`, `cli`, a channel's or a feed's id. */
  readonly from: string;
  readonly note: string;
};

export type CallCommand = Said & {
  readonly kind: 'call';
  readonly alertId: string;
  /** Whom it is about; for `answer`, `cannot` and `read` it is the one who says it. */
  readonly personId: PersonId;
} & (
    | { readonly action: 'answer' | 'cannot' | 'read' }
    /** Somebody reached him outside the system. */
    | { readonly action: 'reached'; readonly means: Means }
  );

/** What a gateway says about deliveries. */
export type ReceiptCommand = Said & { readonly kind: 'receipt'; readonly receipts: readonly Receipt[] };

export type EvacuationCommand = Said & { readonly kind: 'evacuation' } & (
    | { readonly action: 'open'; readonly pointId: PointId; readonly alertId: string | null }
    | {
        readonly action: 'mark';
        readonly evacuationId: string;
        readonly householdId: string;
        readonly state: HouseholdState;
        readonly arrived: number | null;
      }
    | { readonly action: 'return'; readonly evacuationId: string; readonly order: readonly string[] }
    | { readonly action: 'close'; readonly evacuationId: string }
  );

export type WarningCommand = Said & { readonly kind: 'warning' } & (
    | { readonly action: 'issue'; readonly draft: WarningDraft }
    /** Grids that are named get this level (`none`: lifted there); those that are not keep theirs. */
    | {
        readonly action: 'update';
        readonly warningId: string;
        readonly areas: readonly { readonly gridCode: GridCode; readonly level: LevelOrNone }[];
        readonly expiresAtMs: EpochMs | null;
      }
    | { readonly action: 'cancel'; readonly warningId: string }
    /** A CAP message as it came, to be parsed and taken. */
    | { readonly action: 'cap'; readonly source: string; readonly xml: string }
  );

export type ReportCommand = Said & {
  readonly kind: 'report';
  readonly action: 'done' | 'waive';
  readonly reportId: string;
};

export type DrillCommand = Said & { readonly kind: 'drill' } & (
    | { readonly action: 'start'; readonly plan: DrillPlan }
    | { readonly action: 'end'; readonly drillId: string }
  );

export type RosterCommand = Said & {
  readonly kind: 'roster';
  readonly gridCode: GridCode;
} /** The hand-over of a shift: the note of whoever goes, and the one of whoever comes. */ & {
  readonly action: 'handOver' | 'takeOver';
  readonly shiftFromMs: EpochMs;
};

/** A document of another platform as it came, to be parsed and taken: the state answers of an emergency broadcast. */
export type ExchangeCommand = Said & {
  readonly kind: 'exchange';
  readonly format: 'ebd';
  readonly source: string;
  readonly xml: string;
};

/** Personal data were read: what, of which object. It goes into the ledger. */
export type AccessCommand = Said & { readonly kind: 'access'; readonly what: string; readonly object: string };

/** Tries a channel now, without reaching anybody. */
export type ChannelCommand = Said & { readonly kind: 'channel'; readonly action: 'test'; readonly channel: string };

export type DeskCommand =
  | AlertCommand
  | CallCommand
  | ReceiptCommand
  | EvacuationCommand
  | WarningCommand
  | ReportCommand
  | DrillCommand
  | RosterCommand
  | ExchangeCommand
  | AccessCommand
  | ChannelCommand;
