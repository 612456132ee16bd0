import { TextInput } from '@mantine/core';
import type { Document } from 'yaml';
import { Section } from '../../parts/section.tsx';
import { useTexts } from '../../text/index.ts';
import {
  isShared,
  type Matrix,
  matricesOf,
  type Path,
  pathOf,
  valueAt,
  withValue,
} from './plans-document.ts';
import { texts } from './texts.ts';

/** A mistake, with its place among the values of the file. */
export interface PlansIssue {
  readonly message: string;
  readonly says: string;
  readonly at: Path;
}

interface PlansFormProps {
  readonly document: Document;
  readonly text: string;
  readonly issues: readonly PlansIssue[];
  readonly change: (text: string) => void;
}

/** The values of a plans file as tables: a column for each plan. What is new in kind is written into the file. */
export function PlansForm({ document, text, issues, change }: PlansFormProps) {
  const { say } = useTexts(texts);
  const products = matricesOf(document);
  const cells = new Set(
    products.flatMap(({ parts }) =>
      parts.flatMap(({ columns, rows }) =>
        columns.flatMap(({ path }) => rows.map((row) => pathOf(document, path, row).join('.'))),
      ),
    ),
  );
  const elsewhere = issues.filter(({ at }) => !cells.has(at.join('.')));
  return (
    <>
      <Issues issues={elsewhere} />
      {products.map(({ product, parts }) =>
        parts.map((matrix) => (
          <Section key={`${product} ${matrix.part}`} title={`${product}: ${say(matrix.part as 'plans')}`}>
            <MatrixTable
              matrix={matrix}
              document={document}
              issues={issues}
              set={(path, typed) => change(withValue(text, path, typed))}
            />
          </Section>
        )),
      )}
    </>
  );
}

/** Mistakes with their lines. */
export function Issues({ issues }: { readonly issues: readonly PlansIssue[] }) {
  if (issues.length === 0) return null;
  return (
    <div role="alert" className="worse stack">
      {issues.map(({ message }) => (
        <p key={message}>{message}</p>
      ))}
    </div>
  );
}

interface MatrixTableProps extends Pick<PlansFormProps, 'document' | 'issues'> {
  readonly matrix: Matrix;
  readonly set: (path: Path, typed: string) => void;
}

function MatrixTable({ matrix: { columns, rows }, document, issues, set }: MatrixTableProps) {
  const { say } = useTexts(texts);
  return (
    <div className="scroll">
      <table className="matrix">
        <thead>
          <tr>
            <th scope="col">{say('value')}</th>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row}>
              <td className="dim">{row}</td>
              {columns.map(({ name, path: column }) => {
                const path = pathOf(document, column, row);
                const value = valueAt(document, path);
                return (
                  <td key={name}>
                    <TextInput
                      // Another value from elsewhere is another field.
                      key={value}
                      aria-label={`${name} ${row}`}
                      disabled={isShared(document, path)}
                      defaultValue={value}
                      maxLength={100}
                      error={issues.find(({ at }) => at.join('.') === path.join('.'))?.says}
                      onBlur={({ currentTarget }) => {
                        if (currentTarget.value.trim() !== value) set(path, currentTarget.value);
                      }}
                      onKeyDown={({ key, currentTarget }) => {
                        if (key === 'Enter') currentTarget.blur();
                      }}
                    />
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
