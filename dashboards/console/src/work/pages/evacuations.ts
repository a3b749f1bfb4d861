/** 转移: the lists in force, and each list household by household. */
import { field, instant, itemsOf, type PageSpec, pick, type Row, type Saying, word } from '../spec.ts';
import { choicesOf, HOUSEHOLD_STATE, ORIGIN_WORD } from '../words.ts';

const t = (zh: string, en: string) => ({ zh, en });
const ofList = (id: unknown, what: string) => `/api/v1/evacuations/${encodeURIComponent(String(id))}/${what}`;
const note = { name: 'note', label: t('备注', 'Note'), kind: 'text' } as const;

/** `已转移 40/62 户，96/138 人` of a count as the API gives it. */
function moved(count: unknown, { s }: Saying): string {
  const households = Number(pick(count, 'households'));
  const people = Number(pick(count, 'people'));
  let [doneHouseholds, donePeople] = [0, 0];
  for (const state of ['moved', 'safe']) {
    doneHouseholds += Number(pick(count, `byState.${state}.households`) ?? 0);
    donePeople += Number(pick(count, `byState.${state}.people`) ?? 0);
  }
  return s(
    t(
      `已转移 ${doneHouseholds}/${households} 户，${donePeople}/${people} 人`,
      `moved ${doneHouseholds} of ${households} households, ${donePeople} of ${people} people`,
    ),
  );
}

export const evacuationsPage: PageSpec = {
  id: 'evacuations',
  title: t('转移', 'Evacuation'),
  hint: t('正在执行的转移清单，点“打开”逐户登记。', 'Lists in force; open one to mark its households.'),
  path: '/api/v1/evacuations',
  paged: true,
  rows: itemsOf,
  keyOf: (row) => String(row['id']),
  columns: [
    field(t('隐患点', 'Point'), 'pointName'),
    field(t('网格', 'Grid'), 'gridName'),
    word(t('来源', 'Origin'), 'origin', ORIGIN_WORD),
    field(t('状态', 'State'), 'state'),
    { label: t('进度', 'Progress'), show: (row, saying) => moved(row['count'], saying) },
    {
      ...field(t('待解决', 'Unresolved'), 'count.unresolved'),
      mark: (row) => (Number(pick(row, 'count.unresolved')) > 0 ? 'trouble' : ''),
    },
    instant(t('启动', 'Opened'), 'openedAtMs'),
  ],
  actions: [],
  open: (row) => `#/work/evacuation/${encodeURIComponent(String(row['id']))}`,
};

export const evacuationPage: PageSpec = {
  id: 'evacuation',
  under: 'evacuations',
  hidden: true,
  title: t('转移清单', 'Evacuation list'),
  hint: t('逐户登记：已转移、拒绝、未找到、已安全。', 'Household by household: moved, refused, not found, safe.'),
  path: '/api/v1/evacuations/:id',
  rows: (body) => (pick(body, 'households') ?? []) as readonly Row[],
  summary: (body, saying) => moved(pick(body, 'count'), saying),
  keyOf: (row) => String(row['householdId'] ?? row['id']),
  columns: [
    field(t('户主', 'Household'), 'headName'),
    field(t('电话', 'Telephone'), 'phone'),
    field(t('人口', 'People'), 'people'),
    field(t('需要帮助', 'Needs help'), 'needsHelp'),
    field(t('负责人', 'Caller'), 'callerName'),
    {
      ...word(t('状态', 'State'), 'state', HOUSEHOLD_STATE),
      mark: (row) => (['refused', 'notFound'].includes(String(row['state'])) ? 'trouble' : ''),
    },
    field(t('登记人', 'By'), 'byName'),
    instant(t('时间', 'At'), 'atMs'),
    field(t('备注', 'Note'), 'note'),
  ],
  actions: [
    {
      id: 'mark',
      label: t('登记', 'Mark'),
      path: () => ofList(decodeURIComponent(location.hash.split('/')[3] ?? ''), 'mark'),
      fields: [
        {
          name: 'state',
          label: t('状态', 'State'),
          kind: 'choice',
          choices: choicesOf(HOUSEHOLD_STATE),
          initial: 'moved',
        },
        { name: 'arrived', label: t('安置点清点人数', 'Counted at the shelter'), kind: 'number' },
        note,
      ],
      body: (values, row) => ({
        household: row['householdId'],
        state: values['state'],
        note: values['note'] ?? '',
        ...((values['arrived'] ?? '') === '' ? {} : { arrived: Number(values['arrived']) }),
      }),
    },
  ],
  create: [
    {
      id: 'return',
      label: t('下达返回令', 'Order to go home'),
      grave: true,
      path: (row) => ofList(row['id'], 'return'),
      fields: [note],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
    {
      id: 'close',
      label: t('结束转移', 'Close the list'),
      grave: true,
      path: (row) => ofList(row['id'], 'close'),
      fields: [note],
      body: (values) => ({ note: values['note'] ?? '' }),
    },
  ],
};
