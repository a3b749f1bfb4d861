/** `fengsui history`: what is stored, moved between stores, taken out and brought in. */
import type { Command } from 'commander';
import { addCopy } from '#cli/io/history-copy-command.ts';
import { addExport } from '#cli/io/history-export-command.ts';
import { addImport } from '#cli/io/history-import-command.ts';
import { addStatus } from '#cli/io/history-status-command.ts';
import type { Settings } from '#cli/settings.ts';

export function addHistoryCommand(program: Command, settings: () => Settings): void {
  const history = program
    .command('history')
    .description('readings: take them out, bring them in, move and compare them');
  addExport(history, settings);
  addImport(history, settings);
  addCopy(history, settings);
  addStatus(history, settings);
}
