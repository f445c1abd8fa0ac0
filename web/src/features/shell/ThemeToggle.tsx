import { type MantineColorScheme, Menu, useMantineColorScheme } from "@mantine/core";
import { Icon, type IconName } from "../../ui/Icon";

const CHOICES: { scheme: MantineColorScheme; icon: IconName; label: string }[] = [
  { scheme: "light", icon: "sun", label: "Light" },
  { scheme: "dark", icon: "moon", label: "Dark" },
  { scheme: "auto", icon: "auto", label: "As the system" },
];

export function ThemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const chosen = CHOICES.find(({ scheme }) => scheme === colorScheme) ?? CHOICES[2];
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <button type="button" className="icon-button large" aria-label={`Colours: ${chosen?.label}`}>
          <Icon name={chosen?.icon ?? "auto"} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {CHOICES.map(({ scheme, icon, label }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icon} />}
            rightSection={scheme === colorScheme ? <Icon name="check" size={14} /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
