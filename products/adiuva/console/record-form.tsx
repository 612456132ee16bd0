import { Button, NativeSelect, Textarea, TextInput } from '@mantine/core';
import { Refusal, typedIn, useAct, useTexts } from '@plinth/console';
import { useExplained } from './gate.tsx';
import { changeVault, type Fields, type OpenRecord, type OpenVault, type Table } from './open-vault.ts';
import { texts } from './texts.ts';

type Kind = 'line' | 'long' | 'day' | readonly (keyof typeof texts)[];

/** Fields that people write, by their names in the agents' tools. Others of a record stay as they are. */
const FIELDS: Readonly<Record<Table, Readonly<Partial<Record<keyof typeof texts, Kind>>>>> = {
  tasks: {
    title: 'line',
    description: 'long',
    status: ['todo', 'in_progress', 'done'],
    priority: ['medium', 'high', 'low'],
    due_date: 'day',
  },
  projects: { name: 'line', status: ['active', 'archived'] },
  notes: { title: 'line', content: 'long' },
  checkpoints: { title: 'line', date: 'day' },
  comments: { content: 'long' },
};

interface RecordFormProps {
  readonly open: OpenVault;
  readonly table: Table;
  /** Undefined: a new one. */
  readonly record: OpenRecord | undefined;
  readonly close: () => void;
}

/** Writes a record, or changes it. */
export function RecordForm({ open, table, record, close }: RecordFormProps) {
  const { say } = useTexts(texts);
  const explain = useExplained();
  const fields = Object.entries(FIELDS[table]) as [keyof typeof texts, Kind][];
  const { mutate, isPending, error } = useAct((form: HTMLFormElement) => {
    const typed = typedIn(form);
    const named = fields.map(([name, kind]) => [name, kind === 'day' ? timeOf(typed[name]) : typed[name]]);
    const value = { ...record?.value, ...Object.fromEntries(named) };
    return explain(() => changeVault(open, (vault) => vault.put(table, value, record?.id)));
  }, close);
  return (
    <form
      className="preview stack"
      aria-label={say('record')}
      onSubmit={(event) => {
        event.preventDefault();
        mutate(event.currentTarget);
      }}
    >
      {fields.map(([name, kind], index) => (
        <Field key={name} name={name} kind={kind} value={record?.value} isFirst={index === 0} />
      ))}
      <span className="row">
        <Button type="submit" loading={isPending}>
          {say('save')}
        </Button>
        <Button variant="default" onClick={close}>
          {say('cancel')}
        </Button>
      </span>
      <Refusal error={error} />
    </form>
  );
}

interface FieldProps {
  readonly name: keyof typeof texts;
  readonly kind: Kind;
  readonly value: Fields | undefined;
  readonly isFirst: boolean;
}

function Field({ name, kind, value, isFirst }: FieldProps) {
  const { say } = useTexts(texts);
  const held = value?.[name];
  const text = typeof held === 'string' ? held : '';
  const shown = { name, label: say(name), autoComplete: 'off' };
  if (kind === 'line') return <TextInput {...shown} required={isFirst} autoFocus defaultValue={text} />;
  if (kind === 'long')
    return <Textarea {...shown} required={isFirst} autosize minRows={3} defaultValue={text} />;
  if (kind === 'day') return <TextInput {...shown} type="date" defaultValue={dayIn(held)} />;
  const data = kind.map((one) => ({ value: one, label: say(one) }));
  return <NativeSelect {...shown} data={data} defaultValue={text === '' ? kind[0] : text} />;
}

/** Noon of the day, as the agents say it, in this browser's zone; null: none. */
const timeOf = (day = ''): number | null => (day === '' ? null : Date.parse(`${day}T12:00`));

const dayIn = (at: unknown): string =>
  typeof at === 'number'
    ? new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
    : '';
