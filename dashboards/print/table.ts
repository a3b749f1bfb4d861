/** The table of a grid (网格台账): posts, people and telephones, the grids below it, points, households, shelters. */
import { type Grid, type HazardPoint, inSubtree, POSTS } from '#model/registry.ts';
import { type Html, html } from './html.ts';
import { documentOf, gridName, homeOf, phoneOf, placeOf, rowsOf, type Sheet, section, textOf, word } from './sheet.ts';
import { GRID_WORDS, KIND_WORDS, POST_WORDS, RISK_WORDS } from './words.ts';

const byCode = (x: Grid, y: Grid): number => (x.code < y.code ? -1 : 1);

function postsOf(sheet: Sheet, grids: readonly Grid[]): Html {
  const order = new Map(grids.map(({ code }, n) => [code, n]));
  const held = [...sheet.registry.people.values()]
    .flatMap((person) => person.posts.map((hold) => ({ person, ...hold })))
    .filter(({ gridCode }) => order.has(gridCode))
    .sort(
      (x, y) =>
        (order.get(x.gridCode) ?? 0) - (order.get(y.gridCode) ?? 0) ||
        POSTS.indexOf(x.post) - POSTS.indexOf(y.post) ||
        (x.person.id < y.person.id ? -1 : 1),
    );
  return html`<h2>${word(sheet, 'posts')}</h2><table><thead><tr><th>${word(sheet, 'place')}</th><th>${word(sheet, 'post')}</th><th>${word(sheet, 'name')}</th><th class="tel">${word(sheet, 'phone')}</th></tr></thead>${rowsOf(
    sheet,
    held,
    4,
    ({ person, gridCode, post }) =>
      html`<tr><td>${gridName(sheet, gridCode)}</td><td>${textOf(sheet, POST_WORDS[post])}</td><td>${person.name}</td><td class="tel">${phoneOf(sheet, person)}</td></tr>`,
  )}</table>`;
}

const peopleOf = ({ households }: HazardPoint): number => households.reduce((sum, { people }) => sum + people, 0);

function pointsOf(sheet: Sheet, points: readonly HazardPoint[]): Html {
  return html`<h2>${word(sheet, 'points')}</h2><table><thead><tr><th>${word(sheet, 'point')}</th><th>${word(sheet, 'place')}</th><th>${word(sheet, 'kind')}</th><th class="number">${word(sheet, 'risk')}</th><th class="number">${word(sheet, 'households')}</th><th class="number">${word(sheet, 'people')}</th></tr></thead>${rowsOf(
    sheet,
    points,
    6,
    (point) =>
      html`<tr><td>${textOf(sheet, point.name)}</td><td>${gridName(sheet, point.gridCode)}</td><td>${textOf(sheet, KIND_WORDS[point.kind])}</td><td>${textOf(sheet, RISK_WORDS[point.riskGrade])}</td><td>${point.households.length}</td><td>${peopleOf(point)}</td></tr>`,
  )}</table>`;
}

function householdsOf(sheet: Sheet, points: readonly HazardPoint[]): Html {
  const all = points.flatMap((point) => point.households.map((household) => ({ point, household })));
  return html`<h2>${word(sheet, 'householdList')}</h2><table><thead><tr><th>${word(sheet, 'point')}</th><th>${word(sheet, 'household')}</th><th class="narrow">${word(sheet, 'count')}</th><th class="tel">${word(sheet, 'phone')}</th><th>${word(sheet, 'help')}</th><th>${word(sheet, 'caller')}</th></tr></thead>${rowsOf(
    sheet,
    all,
    6,
    ({ point, household }) => {
      const home = homeOf(sheet, household, point);
      return html`<tr><td>${textOf(sheet, point.name)}</td><td>${home.headName}</td><td>${household.people}</td><td class="tel">${home.phone}</td><td>${(home.needsHelp ?? []).join('；')}</td><td>${
        sheet.registry.people.get(household.callerId)?.name ?? household.callerId
      }</td></tr>`;
    },
  )}</table>${all.some(({ point, household }) => homeOf(sheet, household, point).masked) ? html`<p class="note">${word(sheet, 'masked')}</p>` : ''}`;
}

function shelterRows(sheet: Sheet, grid: Grid): Html {
  const { registry } = sheet;
  const own = [...(registry.shelters?.values() ?? [])].filter(({ gridCode }) =>
    inSubtree(registry, gridCode, grid.code),
  );
  return html`<h2>${word(sheet, 'shelters')}</h2><table><thead><tr><th>${word(sheet, 'shelter')}</th><th>${word(sheet, 'place')}</th><th>${word(sheet, 'address')}</th><th class="number">${word(sheet, 'capacity')}</th><th>${word(sheet, 'keeper')}</th></tr></thead>${rowsOf(
    sheet,
    own,
    5,
    (place) =>
      html`<tr><td>${textOf(sheet, place.name)}</td><td>${gridName(sheet, place.gridCode)}</td><td>${place.address ?? ''}</td><td>${place.capacity}</td><td>${registry.people.get(place.keeperId ?? '')?.name ?? ''}</td></tr>`,
  )}</table>`;
}

export function gridPage(sheet: Sheet, grid: Grid): string {
  const { registry } = sheet;
  const children = [...registry.grids.values()].filter(({ parent }) => parent === grid.code).sort(byCode);
  const points = [...registry.points.values()]
    .filter(({ gridCode }) => inSubtree(registry, gridCode, grid.code))
    .sort((x, y) => (x.id < y.id ? -1 : 1));
  const households = points.reduce((sum, point) => sum + point.households.length, 0);
  const people = points.reduce((sum, point) => sum + peopleOf(point), 0);
  const title = `${textOf(sheet, grid.name)} ${word(sheet, 'table')}`;
  const facts = html`<table class="facts"><tr><th>${word(sheet, 'place')}</th><td>${placeOf(sheet, grid.code)}（${textOf(sheet, GRID_WORDS[grid.kind])}）</td><th>${word(sheet, 'code')}</th><td>${grid.code}</td></tr>
<tr><th>${word(sheet, 'grids')}</th><td>${children.length}</td><th>${word(sheet, 'points')}</th><td>${points.length}</td></tr>
<tr><th>${word(sheet, 'threatened')}</th><td colspan="3">${households} ${word(sheet, 'households')} ${people} ${word(sheet, 'people')}</td></tr></table>`;
  const below = html`<h2>${word(sheet, 'grids')}</h2><table><thead><tr><th>${word(sheet, 'place')}</th><th>${word(sheet, 'code')}</th><th class="number">${word(sheet, 'points')}</th></tr></thead>${rowsOf(
    sheet,
    children,
    3,
    (child) =>
      html`<tr><td>${textOf(sheet, child.name)}</td><td>${child.code}</td><td>${points.filter(({ gridCode }) => inSubtree(registry, gridCode, child.code)).length}</td></tr>`,
  )}</table>`;
  const body = [
    facts,
    postsOf(sheet, [grid, ...children]),
    ...(children.length === 0 ? [] : [below]),
    pointsOf(sheet, points),
    householdsOf(sheet, points),
    shelterRows(sheet, grid),
  ];
  return documentOf(sheet, title, [section(sheet, 'portrait', title, body)]);
}
