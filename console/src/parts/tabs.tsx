interface TabsProps<View extends string> {
  /** Each with what it is called. */
  readonly views: readonly (readonly [View, string])[];
  readonly view: View;
  readonly choose: (view: View) => void;
}

/** Which of some views of a page is shown. */
export function Tabs<View extends string>({ views, view, choose }: TabsProps<View>) {
  return (
    <p className="filters" role="tablist">
      {views.map(([one, text]) => (
        <button
          key={one}
          type="button"
          role="tab"
          aria-selected={one === view}
          className="quiet tab"
          onClick={() => choose(one)}
        >
          {text}
        </button>
      ))}
    </p>
  );
}
