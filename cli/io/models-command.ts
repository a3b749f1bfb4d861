/** `fengsui models`: the hazard models with their parameters, printed or written into a page. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Command } from 'commander';

export function addModelsCommand(program: Command): void {
  program
    .command('models')
    .option('--write <page>', 'put the table between its marks in a Markdown page, e.g. docs/rules.md')
    .description('what rule files may write under measure: the hazard models, their inputs and parameters')
    .action(async ({ write }: { write?: string }) => {
      const { modelTable, TABLE_BEGIN, TABLE_END, withModelTable } = await import('#cli/model-table.ts');
      if (write === undefined) {
        console.log(modelTable());
        return;
      }
      const page = withModelTable(readFileSync(write, 'utf8'));
      if (page === undefined) {
        console.error(`${write} has no place for the table: add the lines ${TABLE_BEGIN} and ${TABLE_END}`);
        process.exitCode = 1;
        return;
      }
      writeFileSync(write, page);
    });
}
