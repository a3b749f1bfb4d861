/** The card of a hazard point (防灾工作明白卡) and of each of its households (避险明白卡), made from the registry. */
import { LEVEL_TEXT } from '#model/level.ts';
import { ancestry, type HazardPoint, type Household, type Person, type Post } from '#model/registry.ts';
import { type Html, html } from './html.ts';
import { documentOf, homeOf, phoneOf, placeOf, rowsOf, type Sheet, section, textOf, word } from './sheet.ts';
import { ACTIONS, DO, KIND_WORDS, NEVER, POST_WORDS, RISK_WORDS } from './words.ts';

const COUNTED: readonly Post[] = ['head', 'deputy', 'manager', 'member', 'dispatcher'];
/** Of the township and the county only those who decide are on the card. */
const FROM_ABOVE: readonly Post[] = ['head', 'dispatcher'];

type Holding = { readonly person: Person; readonly post: Post; readonly grid: string };

/** The people of the point's grids, the nearest first. */
function holders({ registry }: Sheet, point: HazardPoint): readonly Holding[] {
  const chain = ancestry(registry, point.gridCode);
  const found: (Holding & { readonly order: number })[] = [];
  for (const person of registry.people.values())
    for (const { gridCode, post } of person.posts) {
      const at = chain.findIndex(({ code }) => code === gridCode);
      const grid = chain[at];
      if (grid === undefined || !(grid.tier <= 2 ? FROM_ABOVE : COUNTED).includes(post)) continue;
      found.push({ person, post, grid: gridCode, order: at * 10 + COUNTED.indexOf(post) });
    }
  found.sort((x, y) => x.order - y.order || (x.person.id < y.person.id ? -1 : 1));
  // Whoever holds several posts stands there once, with the nearest.
  return found.filter((one, n) => found.findIndex(({ person }) => person === one.person) === n);
}

const fact = (name: string, value: string | Html | readonly Html[]): Html =>
  html`<tr><th>${name}</th><td>${value}</td></tr>`;

const called = (sheet: Sheet, person: Person | undefined): string =>
  person === undefined ? word(sheet, 'none') : `${person.name} ${phoneOf(sheet, person)}`;

function signals(sheet: Sheet): Html {
  const rows = ACTIONS.map(
    ([level, what]) =>
      html`<tr><td class="level ${level}">${textOf(sheet, LEVEL_TEXT[level])}</td><td>${textOf(sheet, what)}</td></tr>`,
  );
  return html`<h2>${word(sheet, 'signals')}</h2><table>${rows}</table>
<p class="note">${word(sheet, 'signal')}：${word(sheet, 'signalText')}</p>`;
}

function whereTo(sheet: Sheet, point: HazardPoint): Html {
  const { shelters, routes, people } = sheet.registry;
  const routeIds = [...new Set(point.households.flatMap(({ routeId }) => routeId ?? []))];
  const shelterIds = [...new Set(point.households.flatMap(({ shelterId }) => shelterId ?? []))];
  const ways = routeIds.flatMap((id) => routes?.get(id) ?? []);
  const places = shelterIds.flatMap((id) => shelters?.get(id) ?? []);
  return html`<h2>${word(sheet, 'routes')}</h2><table>${rowsOf(
    sheet,
    ways,
    2,
    (route) => html`<tr><td class="wide">${textOf(sheet, route.name)}</td><td>${textOf(sheet, route.way)}</td></tr>`,
  )}</table>
<h2>${word(sheet, 'shelters')}</h2><table><thead><tr><th>${word(sheet, 'shelter')}</th><th>${word(sheet, 'address')}</th><th class="number">${word(sheet, 'capacity')}</th><th>${word(sheet, 'keeper')}</th></tr></thead>${rowsOf(
    sheet,
    places,
    4,
    (place) =>
      html`<tr><td>${textOf(sheet, place.name)}</td><td>${place.address ?? ''}</td><td>${place.capacity}</td><td>${called(
        sheet,
        people.get(place.keeperId ?? ''),
      )}</td></tr>`,
  )}</table>`;
}

function householdRows(sheet: Sheet, point: HazardPoint): Html {
  const { people, shelters } = sheet.registry;
  const head = (['household', 'count', 'phone', 'help', 'caller', 'shelter'] as const).map(
    (key) =>
      html`<th${{ html: key === 'count' ? ' class="narrow"' : key === 'phone' ? ' class="tel"' : '' }}>${word(sheet, key)}</th>`,
  );
  return html`<h2>${word(sheet, 'householdList')}</h2><table><thead><tr>${head}</tr></thead>${rowsOf(
    sheet,
    point.households,
    6,
    (one) => {
      const home = homeOf(sheet, one, point);
      const shelter = shelters?.get(one.shelterId ?? '');
      return html`<tr><td>${home.headName}</td><td>${one.people}</td><td>${home.phone}</td><td>${(home.needsHelp ?? []).join('；')}</td><td>${
        people.get(one.callerId)?.name ?? one.callerId
      }</td><td>${shelter === undefined ? '' : textOf(sheet, shelter.name)}</td></tr>`;
    },
  )}</table>`;
}

function maskedNote(sheet: Sheet, point: HazardPoint): Html {
  const some = point.households.some((one) => homeOf(sheet, one, point).masked);
  return some ? html`<p class="note">${word(sheet, 'masked')}</p>` : html``;
}

function pointSection(sheet: Sheet, point: HazardPoint): Html {
  const total = point.households.reduce((sum, { people }) => sum + people, 0);
  const sensors = [...sheet.registry.sensors.values()].filter(({ pointId }) => pointId === point.id);
  const threatened = `${point.households.length} ${word(sheet, 'households')} ${total} ${word(sheet, 'people')}`;
  const facts = html`<table class="facts">${[
    fact(word(sheet, 'point'), `${textOf(sheet, point.name)}（${point.id}）`),
    fact(word(sheet, 'place'), placeOf(sheet, point.gridCode)),
    fact(word(sheet, 'position'), `${point.lon.toFixed(5)}, ${point.lat.toFixed(5)} (WGS-84)`),
    fact(word(sheet, 'kind'), textOf(sheet, KIND_WORDS[point.kind])),
    fact(word(sheet, 'risk'), textOf(sheet, RISK_WORDS[point.riskGrade])),
    fact(word(sheet, 'threatened'), threatened),
    fact(word(sheet, 'sensors'), sensors.map(({ name }) => textOf(sheet, name)).join('、') || word(sheet, 'none')),
  ]}</table>`;
  const who = html`<h2>${word(sheet, 'whoToCall')}</h2><table><thead><tr><th>${word(sheet, 'post')}</th><th>${word(sheet, 'name')}</th><th class="tel">${word(sheet, 'phone')}</th></tr></thead>${rowsOf(
    sheet,
    holders(sheet, point),
    3,
    ({ person, post, grid }) =>
      html`<tr><td>${textOf(sheet, sheet.registry.grids.get(grid)?.name ?? { zh: grid, en: grid })} ${textOf(sheet, POST_WORDS[post])}</td><td>${person.name}</td><td class="tel">${phoneOf(sheet, person)}</td></tr>`,
  )}</table>`;
  const title = `${textOf(sheet, point.name)} ${word(sheet, 'card')}`;
  const body = [
    facts,
    who,
    signals(sheet),
    whereTo(sheet, point),
    householdRows(sheet, point),
    maskedNote(sheet, point),
  ];
  return section(sheet, 'portrait', title, body);
}

function householdSection(sheet: Sheet, point: HazardPoint, household: Household): Html {
  const { people, routes, shelters } = sheet.registry;
  const home = homeOf(sheet, household, point);
  const route = routes?.get(household.routeId ?? '');
  const shelter = shelters?.get(household.shelterId ?? '');
  const head = holders(sheet, point).find(({ post }) => post === 'head')?.person;
  const help = (home.needsHelp ?? []).join('；');
  const none = word(sheet, 'none');
  const rows = [
    fact(word(sheet, 'household'), `${home.headName}　${household.people} ${word(sheet, 'people')}　${home.phone}`),
    ...(help === '' ? [] : [fact(word(sheet, 'help'), help)]),
    fact(word(sheet, 'point'), `${textOf(sheet, point.name)}：${textOf(sheet, KIND_WORDS[point.kind])}`),
    fact(word(sheet, 'caller'), called(sheet, people.get(household.callerId))),
    fact(word(sheet, 'gridHead'), called(sheet, head)),
    fact(word(sheet, 'signal'), word(sheet, 'signalText')),
    fact(word(sheet, 'routes'), route === undefined ? none : textOf(sheet, route.way)),
    fact(
      word(sheet, 'shelter'),
      shelter === undefined ? none : `${textOf(sheet, shelter.name)} ${shelter.address ?? ''}`,
    ),
    fact(word(sheet, 'what'), textOf(sheet, DO[point.kind])),
    fact(word(sheet, 'never'), textOf(sheet, NEVER[point.kind])),
    fact(word(sheet, 'emergency'), word(sheet, 'emergencyText')),
  ];
  return section(sheet, 'half', word(sheet, 'householdCard'), [html`<table class="facts">${rows}</table>`]);
}

/** Null: the point has no such household. Without `householdId`: the point's card and one for every household. */
export function cardPage(sheet: Sheet, point: HazardPoint, householdId?: string): string | null {
  const title = `${textOf(sheet, point.name)} ${word(sheet, 'card')}`;
  const wanted = point.households.filter(({ id }) => householdId === undefined || id === householdId);
  if (householdId !== undefined && wanted.length === 0) return null;
  const cards = wanted.map((household) => householdSection(sheet, point, household));
  return documentOf(sheet, title, householdId === undefined ? [pointSection(sheet, point), ...cards] : cards);
}
