import { NativeSelect } from '@mantine/core';

interface PickProps<Value extends string> {
  readonly label: string;
  readonly value: Value | undefined;
  /** Each with what it is called; values that are their own words, as a list. */
  readonly options: Readonly<Record<Value, string>> | readonly Value[];
  /** The label where nothing is chosen; without it something always is. */
  readonly none?: string;
  readonly choose: (value: Value | undefined) => void;
}

/** A filter of a list, or its order: one of some values. */
export function Pick<Value extends string>({ label, value, options, none, choose }: PickProps<Value>) {
  const values = Array.isArray(options) ? (options as readonly Value[]) : (Object.keys(options) as Value[]);
  return (
    <NativeSelect
      aria-label={label}
      value={value ?? ''}
      data={[
        ...(none === undefined ? [] : [{ value: '', label: none }]),
        ...values.map((one) => ({
          value: one as string,
          label: Array.isArray(options) ? one : (options as Readonly<Record<Value, string>>)[one],
        })),
      ]}
      onChange={({ currentTarget }) => choose(values.find((one) => one === currentTarget.value))}
    />
  );
}
