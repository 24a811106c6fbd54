/** The component library, set up once: sizes, and no styles written at run time, so that the page's policy can forbid them. */
import { Button, createTheme, Drawer, Modal, NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/Paper.css";
import "@mantine/core/styles/CloseButton.css";
import "@mantine/core/styles/Loader.css";
import "@mantine/core/styles/Overlay.css";
import "@mantine/core/styles/ModalBase.css";
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/Button.css";
import "@mantine/core/styles/Checkbox.css";
import "@mantine/core/styles/Modal.css";
import "@mantine/core/styles/Drawer.css";
import "@mantine/core/styles/PasswordInput.css";
import "./theme.css";
import "./parts/part.css";

const height = "var(--control)";
const input = { styles: { input: { minHeight: height, height } }, defaultProps: { size: "sm" } } as const;

const title = { fontSize: "17px", fontWeight: 600 } as const;

export const theme = createTheme({
  primaryColor: "blue",
  autoContrast: false,
  respectReducedMotion: true,
  components: {
    Button: Button.extend({
      defaultProps: { size: "sm" },
      vars: (_, props) => ({
        root: {
          "--button-height": height,
          ...(props.variant === undefined || props.variant === "filled"
            ? { "--button-color": "var(--on-accent)" }
            : {}),
        },
      }),
    }),
    TextInput: TextInput.extend(input),
    PasswordInput: PasswordInput.extend({ defaultProps: { size: "sm" } }),
    NativeSelect: NativeSelect.extend(input),
    Textarea: Textarea.extend({ defaultProps: { size: "sm" } }),
    // locking the scroll would write a style element
    Modal: Modal.extend({ defaultProps: { lockScroll: false, transitionProps: { duration: 0 } }, styles: { title } }),
    Drawer: Drawer.extend({
      defaultProps: { lockScroll: false, transitionProps: { duration: 0 }, position: "right" },
      styles: { title },
    }),
  },
});
