import { Button } from '@mantine/core';
import type { RouteName } from '@plinth/sdk';
import { type Api, apiFor } from '../session.ts';
import { useTexts } from '../text/index.ts';
import { useAct } from './of-account.ts';
import { Refusal } from './refusal.tsx';
import { saveFile } from './save-file.ts';

interface CsvProps {
  readonly route: RouteName;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Of the file, without its ending. */
  readonly name: string;
  /** Undefined: the call is for no account. */
  readonly api?: Api;
}

/** Saves all rows that fit, not only those that are shown, as a file for a spreadsheet. */
export function Csv({ route, query, name, api = apiFor(undefined) }: CsvProps) {
  const { say } = useTexts();
  const { mutate, isPending, error } = useAct(() =>
    saveFile(api, `${name}.csv`, { route, given: { query: { ...query, format: 'csv' } } as never }),
  );
  return (
    <>
      <Refusal error={error} />
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        {say('app.csv')}
      </Button>
    </>
  );
}
