import { Button } from '@mantine/core';
import type { RouteName } from '@plinth/sdk';
import { useMutation } from '@tanstack/react-query';
import { apiFor } from '../session.ts';
import { useTexts } from '../text/index.ts';

interface CsvProps {
  readonly route: RouteName;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Of the file, without its ending. */
  readonly name: string;
}

/** Saves all rows that fit, not only those that are shown, as a file for a spreadsheet. */
export function Csv({ route, query, name }: CsvProps) {
  const { say } = useTexts();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const given = { query: { ...query, format: 'csv' } } as never;
      const response = await apiFor(undefined).open(route, given, { headers: { accept: 'text/csv' } });
      const url = URL.createObjectURL(await response.blob());
      const link = document.createElement('a');
      Object.assign(link, { href: url, download: `${name}.csv` }).click();
      URL.revokeObjectURL(url);
    },
  });
  return (
    <>
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        {say('app.csv')}
      </Button>
      {error !== null && <span role="alert">{error.message}</span>}
    </>
  );
}
