/**
 * A warning for an area that comes from above (CAP, or typed by a dispatcher), and what this county made of it: it reaches
 * every grid that it touches and holds a level for each. It is told as an alert whose subject is the area.
 */
import type { Level, LevelOrNone } from '#model/level.ts';
import type { Origin } from '#model/reading.ts';
import type { AlertHazard, GridCode, Polygon, Tier } from '#model/registry.ts';
import type { Text } from '#model/text.ts';
import type { EpochMs } from '#model/time.ts';

/** The level in one grid and all below it that have none of their own. */
export type WarningArea = {
  readonly gridCode: GridCode;
  readonly level: LevelOrNone;
  readonly sinceMs: EpochMs;
  /** Ends here before the warning does; absent: with it. */
  readonly untilMs?: EpochMs;
};

export type Warning = {
  readonly id: string;
  /** Where it came from: `typed`, or the channel or feed of the message. */
  readonly source: string;
  /** Of a CAP message: sender, identifier, sent; those of the newest message about it. */
  readonly message: { readonly sender: string; readonly identifier: string; readonly sent: string } | null;
  readonly origin: Origin;
  readonly hazard: AlertHazard;
  readonly headline: Text;
  readonly description: Text;
  readonly instruction: Text;
  readonly issuedBy: string;
  readonly issuedAtMs: EpochMs;
  readonly onsetMs: EpochMs | null;
  readonly expiresAtMs: EpochMs;
  readonly areas: readonly WarningArea[];
  readonly polygons: readonly Polygon[];
  readonly state: 'inForce' | 'cancelled' | 'expired';
};

/** Receipts of one tier: of the people asked there, how many answered. */
export type TierReceipts = {
  readonly tier: Tier;
  readonly grids: number;
  readonly gridsAnswered: number;
  readonly asked: number;
  readonly answered: number;
  readonly silent: number;
};

export type WarningDraft = {
  readonly hazard: AlertHazard;
  readonly headline: Text;
  readonly description: Text;
  readonly instruction: Text;
  readonly onsetMs: EpochMs | null;
  readonly expiresAtMs: EpochMs;
  readonly areas: readonly { readonly gridCode: GridCode; readonly level: Level }[];
};

export type WarningReader = {
  readonly list: (filter: { readonly gridCodes: readonly GridCode[]; readonly open?: boolean }) => readonly Warning[];
  readonly get: (id: string) => Warning | undefined;
};

/** The warning that an `issue` command makes. */
export const warningIdOf = (commandId: string): string => `w${commandId.replace(/[^A-Za-z0-9]/g, '').slice(0, 40)}`;

/** The alert by which a warning is told. */
export const alertIdOfWarning = (warningId: string): string => `a${warningId}`;
