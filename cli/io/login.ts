/** `fengsui login`: a new random password for a person of the county. */
import { randomBytes } from 'node:crypto';
import { readCounty } from '#cli/load/io/read-county.ts';
import type { Settings } from '#cli/settings.ts';
import { createLogin } from '#dashboards/api/main.ts';

export async function resetLogin(settings: Settings, personId: string): Promise<number> {
  const county = readCounty(settings.countyDir, Date.now());
  if (!county.ok) {
    console.error("The county's files have errors: run `fengsui check`.");
    return 1;
  }
  const person = county.value.people.get(personId);
  if (person === undefined) {
    console.error(`Nobody in ${settings.countyDir}/people.yaml has the id "${personId}".`);
    return 1;
  }
  const password = randomBytes(9).toString('base64url');
  await createLogin(settings.dataDir, personId, password);
  console.log(`${personId} (${person.name}) signs in with ${password}`);
  return 0;
}
