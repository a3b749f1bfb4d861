/** One task on the county's folder, as plain data in and out, so that a thread of its own can do it. */
import { relative, resolve } from 'node:path';
import { readCountyFiles } from '#cli/load/io/read-county.ts';
import { gridCheck } from '#cli/registry/io/grid-check.ts';
import { exportKind } from '#cli/registry/io/grid-export.ts';
import { importFiles } from '#cli/registry/io/grid-import.ts';
import type { PartitionFinding } from '#cli/registry/partition.ts';
import { SLIVER_M2 } from '#cli/registry/sliver.ts';
import type {
  ImportReport,
  RegistryCheck,
  RegistryFinding,
  RegistryFormat,
  RegistryKind,
  RegistryTrouble,
} from '#dashboards/api/registry-desk.ts';
import { err, type Lint, ok, type Result } from '#model/result.ts';
import type { EpochMs } from '#model/time.ts';

export type RegistryTask = { readonly county: string; readonly nowMs: EpochMs } & (
  | { readonly what: 'check' }
  | { readonly what: 'export'; readonly kind: RegistryKind; readonly format: RegistryFormat }
  | {
      readonly what: 'import';
      readonly kind: RegistryKind;
      readonly path: string;
      readonly sheet: string | null;
      readonly datum: 'wgs84' | 'gcj02';
      readonly dryRun: boolean;
    }
);
export type RegistryAnswers = {
  readonly check: RegistryCheck;
  readonly export: { readonly bytes: Uint8Array; readonly count: number };
  readonly import: ImportReport;
};

function findingOf(lint: Lint, file: string, partition?: PartitionFinding): RegistryFinding {
  const { kind, severity, message, mend, line, column, path } = lint;
  const { codes = [], areaM2 = 0, lon = 0, lat = 0 } = partition ?? {};
  const ground = partition === undefined ? null : { codes, areaM2: Math.round(areaM2), lon, lat };
  return { kind, severity, message, mend: mend ?? null, file, line, column, path, ground };
}

function check(county: string, nowMs: EpochMs): RegistryCheck {
  const { told, partition, looked } = gridCheck(county, nowMs, SLIVER_M2);
  return {
    // Named within the county: where its folder lies is nobody's business.
    findings: told.map(({ lint, partition: found }) =>
      findingOf(lint, relative(resolve(county), resolve(lint.file)), found),
    ),
    looked: { ...looked, ...partition.looked },
    toleranceM2: SLIVER_M2,
    slivers: partition.slivers,
    checkedAtMs: nowMs,
  };
}

async function takeOver(task: Extract<RegistryTask, { readonly what: 'import' }>): Promise<ImportReport> {
  const { kind, county, nowMs, sheet, datum, path } = task;
  const options = { kind, county, nowMs, from: datum, ...(sheet === null ? {} : { sheet }) };
  const look = async (dryRun: boolean) => (await importFiles([path], { ...options, dryRun }))[0];
  const seen = await look(true);
  const plan = seen?.plan;
  const errors = [...(plan?.breaks ?? []), ...(plan?.before ?? [])].map((lint) => findingOf(lint, lint.file));
  const changes = plan !== undefined && plan.text !== null;
  // A county with an error stays as it was in the running centre: what is written then would wait for another's mistake.
  const done = !task.dryRun && changes && errors.length === 0 ? await look(false) : seen;
  return {
    target: plan?.target ?? null,
    written: done?.written ?? false,
    changes,
    counts: plan?.counts ?? null,
    refused: plan?.refusals ?? [],
    unknown: plan?.unknown ?? [],
    kept: plan?.kept ?? [],
    errors,
    unreadable: done?.error ?? null,
  };
}

export async function runRegistryTask(task: RegistryTask): Promise<Result<unknown, RegistryTrouble>> {
  switch (task.what) {
    case 'check':
      return ok(check(task.county, task.nowMs));
    case 'export': {
      const made = await exportKind(readCountyFiles(task.county), task.kind, task.format);
      if (!made.ok) return err({ kind: 'wrongFormat', message: made.error });
      const { bytes, count } = made.value;
      return ok({ bytes: typeof bytes === 'string' ? new TextEncoder().encode(bytes) : new Uint8Array(bytes), count });
    }
    case 'import':
      return ok(await takeOver(task));
    default:
      return task satisfies never;
  }
}
