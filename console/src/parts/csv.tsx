import type { RouteName } from '@plinth/sdk';
import { type Api, apiFor } from '../session.ts';
import { useTexts } from '../text/index.ts';
import { Download } from './download.tsx';

interface CsvProps {
  readonly route: RouteName;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** The file's name, without its ending. */
  readonly name: string;
  /** Undefined: the call is for no account. */
  readonly api?: Api;
}

/** Saves all rows that fit, not only those that are shown, as a file for a spreadsheet. */
export function Csv({ route, query, name, api = apiFor(undefined) }: CsvProps) {
  const { say } = useTexts();
  const given = { query: { ...query, format: 'csv' } } as never;
  return <Download text={say('app.csv')} name={`${name}.csv`} read={() => api.open(route, given)} />;
}
