/** Keeps the queue of reports going while any screen is shown; shows nothing itself. */
import { useReports } from "./reports.ts";

export function Sending(props: { readonly site: string; readonly person: string }): null {
  useReports(props.site, props.person);
  return null;
}
