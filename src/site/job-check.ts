/** What a machine is told about a job: that the expressions can be read, and that setpoints and paths exist. */
import { keyProblem, problem, type ContentPath, type Problem } from "./finding.ts";
import { itemOf, noItem } from "./item-use.ts";
import { pathFault, placeholdersOf } from "./item-path.ts";
import type { MapContent } from "./map-schema.ts";

/** What is wrong with an expression, as a sentence with the position; null when it can be compiled. */
export type CompileExpression = (text: string) => string | null;

export function checkJob(map: MapContent, compile: CompileExpression): readonly Problem[] {
  const { job } = map;
  if (!job) return [];
  const problems: Problem[] = [];
  const expression = (text: string | undefined, path: ContentPath): void => {
    const wrong = text === undefined ? null : text.trim() === "" ? "the expression is empty; write one" : compile(text);
    if (wrong !== null) problems.push(problem(path, wrong));
  };
  expression(job.jobOrderId, ["job", "jobOrderId"]);
  expression(job.job, ["job", "job"]);
  expression(job.article, ["job", "article"]);
  for (const [key, setpoint] of Object.entries(job.setup)) {
    expression(setpoint.value, ["job", "setup", key, "value"]);
    const item = itemOf(map, key);
    if (!item) problems.push(keyProblem(["job", "setup", key], noItem(map, key)));
    else if (placeholdersOf(item.path).length > 0) {
      problems.push(
        keyProblem(["job", "setup", key], `item ${key} has a placeholder in its path; a setpoint needs one item`),
      );
    }
  }
  const machinePath = (text: string | undefined, path: ContentPath): void => {
    const wrong =
      text === undefined
        ? null
        : placeholdersOf(text).length > 0
          ? "has a placeholder; write one path"
          : pathFault(text);
    if (wrong !== null) problems.push(problem(path, `the path "${text}" ${wrong}`));
  };
  machinePath(job.jobControl?.receiver, ["job", "jobControl", "receiver"]);
  machinePath(job.jobControl?.provider, ["job", "jobControl", "provider"]);
  machinePath(job.apply?.object, ["job", "apply", "object"]);
  machinePath(job.apply?.method, ["job", "apply", "method"]);
  if (job.apply && Object.keys(job.setup).length === 0) {
    problems.push(problem(["job", "apply"], "`apply` has nothing to apply; write setpoints in `setup`, or remove it"));
  }
  return problems;
}
