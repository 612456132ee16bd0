/** Words of questions that every page has. */
const COMMON = new Set(
  'a an and are as at be by can do for from have how i in is it may me my of on or our out that the their them this to under use want we what when where which who why will with you your'.split(
    ' ',
  ),
);

/** How words are found: as they are, as beginnings, and with a letter wrong where they are long. Options of minisearch. */
export const SEARCH = {
  processTerm: (term: string) => (COMMON.has(term.toLowerCase()) ? null : term.toLowerCase()),
  prefix: (term: string) => term.length > 2,
  fuzzy: (term: string) => (term.length > 4 ? 0.2 : false),
  boost: { title: 4, text: 2, titles: 1 },
};
