/** Where the page begins: the theme, the language, who is signed in, and the router. */
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/query.ts";
import { router } from "./route.tsx";
import { SessionProvider, useSessionState } from "./session/session.tsx";
import { TextProvider } from "./text/text.tsx";
import { theme } from "./theme.ts";

const schemes = localStorageColorSchemeManager({ key: "millrace.scheme" });

function InSite(): ReactNode {
  const { session } = useSessionState();
  return (
    <TextProvider timeZone={session?.site.timeZone ?? "UTC"}>
      <RouterProvider router={router} />
    </TextProvider>
  );
}

function Page(): ReactNode {
  return (
    <StrictMode>
      <MantineProvider
        theme={theme}
        colorSchemeManager={schemes}
        defaultColorScheme="auto"
        withCssVariables={false}
        withGlobalClasses={false}
        withStaticClasses={false}
      >
        <QueryClientProvider client={queryClient}>
          <SessionProvider>
            <InSite />
          </SessionProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}

const root = document.getElementById("root");
if (root) createRoot(root).render(<Page />);
