/** Back, on a tablet often a gesture, closes what lies over the screen, and the screen stays. Inside whatever is open. */
import { useBlocker } from "@tanstack/react-router";

export function BackCloses(props: { readonly onClose: () => void }): null {
  const { onClose } = props;
  useBlocker({
    enableBeforeUnload: false,
    shouldBlockFn: ({ action }) => {
      if (action !== "BACK" && action !== "GO") return false;
      onClose();
      return true;
    },
  });
  return null;
}
