export { commitUnless, type Imported, type Importer, importRecords, type Outcome } from './import.ts';
export { type Problem, PROBLEMS } from './problems.ts';
export { type Format, formatOf, recordsOf } from './records.ts';
