/** How long ago something was, renewed every second, with the moment itself on hover and for screen readers. */
import type { ReactNode } from "react";
import { useNow } from "../clock.ts";
import { useText } from "../text/text.tsx";

export function Age(props: { readonly time: string | null }): ReactNode {
  const now = useNow();
  const { span, dateTime } = useText();
  if (props.time === null) return "–";
  return (
    <time dateTime={props.time} title={dateTime(props.time)}>
      {span(now - Date.parse(props.time))}
    </time>
  );
}

/** Date and time of day in the site's zone. */
export function At(props: { readonly time: string | null }): ReactNode {
  const { dateTime } = useText();
  return props.time === null ? "–" : <time dateTime={props.time}>{dateTime(props.time)}</time>;
}
