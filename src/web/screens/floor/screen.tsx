/** The live floor: every work unit that one may see, filtered by place, state and text in the address; with a big-screen mode. */
import { NativeSelect } from "@mantine/core";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, type ReactNode } from "react";
import type { Floor } from "../../../api/contract/floor.ts";
import { useRead } from "../../api/query.ts";
import { useNow } from "../../clock.ts";
import { useNoticesByEquipment } from "../../parts/own-notices.ts";
import { Empty, Loaded } from "../../parts/page-state.tsx";
import { SearchText } from "../../parts/search-text.tsx";
import { StateShape, type ShownState } from "../../parts/state-mark.tsx";
import { useText } from "../../text/text.tsx";
import { byUrgency, countStates, groupsOf, stateOf, unitsOf } from "./arrange.ts";
import { Tile } from "./tile.tsx";
import "./floor.css";

const route = getRouteApi("/floor");

export function FloorScreen(): ReactNode {
  // ages and counts of units of which the stream has nothing to say
  const read = useRead("GET /api/v1/floor", {}, { refetchMs: 60_000 });
  return <Loaded read={read}>{(floor) => <FloorView floor={floor} />}</Loaded>;
}

function FloorView(props: { readonly floor: Floor }): ReactNode {
  const { floor } = props;
  const { t } = useText();
  const search = route.useSearch();
  const inPlace = useMemo(() => unitsOf(floor, search), [floor, search]);
  const shown = useMemo(
    () => (search.state === undefined ? inPlace : inPlace.filter((unit) => stateOf(unit) === search.state)),
    [inPlace, search.state],
  );
  const groups = useMemo(() => groupsOf(floor, shown), [floor, shown]);
  const isBig = search.big !== undefined;
  const notices = useNoticesByEquipment();
  return (
    <>
      {isBig ? <BigHead /> : <Filters floor={floor} />}
      <States counts={countStates(inPlace)} />
      {shown.length > 0 ? null : (
        <Empty
          title={t(floor.units.length === 0 ? "floor.empty" : "floor.nothing")}
          hint={t(floor.units.length === 0 ? "floor.empty.do" : "floor.nothing.do")}
        />
      )}
      {isBig ? (
        <ul className="floor-tiles">
          {byUrgency(shown).map((unit) => (
            <Tile key={unit.id} unit={unit} notices={notices.get(unit.id) ?? 0} />
          ))}
        </ul>
      ) : (
        groups.map((group) => (
          <section key={group.id} className="floor-group" aria-labelledby={`group-${group.id}`}>
            <h2 id={`group-${group.id}`}>{group.path.join(" › ")}</h2>
            <ul className="floor-tiles">
              {group.units.map((unit) => (
                <Tile key={unit.id} unit={unit} notices={notices.get(unit.id) ?? 0} />
              ))}
            </ul>
          </section>
        ))
      )}
    </>
  );
}

function BigHead(): ReactNode {
  const { t, clock } = useText();
  const now = useNow();
  const search = route.useSearch();
  return (
    <div className="head">
      <h1>{t("floor.title")}</h1>
      <span className="grow">{clock(now)}</span>
      <Link to="/floor" search={{ ...search, big: undefined }}>
        {t("floor.big.leave")}
      </Link>
    </div>
  );
}

function Filters(props: { readonly floor: Floor }): ReactNode {
  const { t } = useText();
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const places = props.floor.equipment.filter(({ level }) => level !== "WorkUnit" && level !== "work-unit");
  const set = (name: "under" | "text", value: string): void => {
    void navigate({ search: (before) => ({ ...before, [name]: value === "" ? undefined : value }), replace: true });
  };
  return (
    <div className="head">
      <h1 className="grow">{t("floor.title")}</h1>
      <SearchText label={t("floor.text")} value={search.text ?? ""} onChange={(value) => set("text", value)} />
      <NativeSelect
        label={t("floor.place")}
        value={search.under ?? ""}
        onChange={({ currentTarget }) => set("under", currentTarget.value)}
        data={[
          { value: "", label: t("floor.place.all") },
          ...places.map(({ id, description }) => ({ value: id, label: description })),
        ]}
      />
      <Link to="/floor" search={{ ...search, big: "true" }} className="chip">
        {t("floor.big")}
      </Link>
    </div>
  );
}

const order: readonly ShownState[] = ["fault", "held", "setup", "production", "idle", "off", "unknown"];

/** How many are in which state; each is also the filter for it. */
function States(props: { readonly counts: ReadonlyMap<ShownState, number> }): ReactNode {
  const { t, number } = useText();
  const { state } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="row head" role="group" aria-label={t("floor.states")}>
      {order
        .filter((one) => one === state || (props.counts.get(one) ?? 0) > 0)
        .map((one) => (
          <button
            key={one}
            type="button"
            className="chip"
            aria-pressed={one === state}
            onClick={() =>
              void navigate({ search: (before) => ({ ...before, state: one === state ? undefined : one }) })
            }
          >
            <StateShape state={one} />
            {t(`state.${one}`)} <strong>{number(props.counts.get(one) ?? 0)}</strong>
          </button>
        ))}
    </div>
  );
}
